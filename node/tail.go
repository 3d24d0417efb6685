package node

import (
	"math"
	"sync/atomic"
	"time"
)

const (
	// Bounds of the time after which a copy is asked for.
	minHedgeAfter = 500 * time.Microsecond
	maxHedgeAfter = 50 * time.Millisecond

	// One request of hedgeEvery, and the first freeHedges, may be made twice.
	hedgeEvery = 50
	freeHedges = 64

	// hedgeReserve is how many hedges are kept for the moment when a peer stalls: once fewer are left, only what takes
	// hedgePatience times as long as usual is hedged.
	hedgeReserve  = 32
	hedgePatience = 2
)

// tail knows how long a peer mostly takes to answer, and how many requests to it were hedged.
type tail struct {
	p95           atomic.Uint64 // bits of a float64, in ns; 0: not known
	asked, hedged atomic.Int64
	answered      atomic.Int64
}

// observe notes how long a reply took. The estimate rises by 19 times as much for each that took longer as it falls for each
// that did not, and so comes to rest where one of twenty takes longer. Its steps are long at first, as first times are those of a new
// connection. Concurrent observations may get lost.
func (t *tail) observe(took time.Duration) {
	const firstStep, lastStep = 0.05, 0.01
	step := min(max(1/float64(t.answered.Add(1)), lastStep), firstStep)
	p95 := math.Float64frombits(t.p95.Load())
	switch {
	case p95 == 0:
		p95 = float64(took)
	case float64(took) > p95:
		p95 *= 1 + 19*step
	default:
		p95 *= 1 - step
	}
	t.p95.Store(math.Float64bits(min(max(p95, float64(minHedgeAfter)), float64(maxHedgeAfter))))
}

// left is how many requests may be hedged now.
func (t *tail) left() int64 { return t.asked.Load()/hedgeEvery + freeHedges - t.hedged.Load() }

// hedgeAfter is how long a reply is waited for before a copy is asked for.
func (t *tail) hedgeAfter() time.Duration {
	p95 := time.Duration(math.Float64frombits(t.p95.Load()))
	switch {
	case p95 == 0:
		return maxHedgeAfter
	case t.left() < hedgeReserve:
		return p95 * hedgePatience
	}
	return p95
}
