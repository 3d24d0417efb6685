package node

import (
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// errStalls is why a peer that keeps its connections open is not asked any more.
var errStalls = errors.New("it stalls: copies of what it owns came first, several times")

const (
	// Bounds of the time after which a copy is asked for.
	minHedgeAfter = 500 * time.Microsecond
	maxHedgeAfter = 50 * time.Millisecond

	// One request of hedgeEvery, and the first freeHedges, may be made twice.
	hedgeEvery = 50
	freeHedges = 64

	// hedgeReserve is how many hedges are kept for the moment when a peer stalls: once fewer are left, only what takes
	// hedgePatience times as long as usual is hedged.
	hedgeReserve  = 128
	hedgePatience = 2
)

// tail knows how long a peer mostly takes to answer, and how many requests to it were hedged.
type tail struct {
	p95           atomic.Uint64 // bits of a float64, in ns; 0: not known
	asked, hedged atomic.Int64
}

// observe notes how long a reply took. The estimate rises by 19 times as much for each that took longer as it falls for each
// that did not, and so comes to rest where one of twenty takes longer. Concurrent observations may get lost.
func (t *tail) observe(took time.Duration) {
	const step = 0.005
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

// askHedged asks a key's owner for its value and, if that takes longer than it mostly does, also for the copy that the next
// holder may have. The answer that comes first counts.
func (g *Group) askHedged(ctx context.Context, hash uint64, r transport.Request, owner, next *peer) (transport.Response, error) {
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	owner.tail.asked.Add(1)
	copies := make(chan transport.Response, 1)
	timer := time.AfterFunc(owner.tail.hedgeAfter(), func() {
		defer close(copies)
		if resp, ok := g.askCopy(asking, hash, r, owner, next); ok {
			copies <- resp
			cancel()
		}
	})
	started := time.Now()
	resp, err := owner.ask(asking, r)
	if err == nil {
		owner.tail.observe(time.Since(started))
	}
	if timer.Stop() {
		return resp, err
	}
	if err == nil {
		cancel()
	}
	if copied, ok := <-copies; ok && err != nil {
		return copied, nil
	}
	return resp, err
}

// askCopy asks for what a peer holds of a key, in place of the key's owner.
func (g *Group) askCopy(ctx context.Context, hash uint64, r transport.Request, owner, next *peer) (transport.Response, bool) {
	if owner.tail.left() <= 0 {
		return transport.Response{}, false
	}
	owner.tail.hedged.Add(1)
	r.CachedOnly, r.At = true, time.Time{}
	resp, err := next.ask(ctx, r)
	if err != nil || resp.Code != transport.OK || !g.believe(next, hash, r.Key, resp.Version) {
		return transport.Response{}, false
	}
	if owner.breaker.stall() {
		g.node.peerFails(owner.Name, errStalls)
	}
	return resp, true
}
