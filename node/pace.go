package node

import (
	"context"
	"time"

	"golang.org/x/time/rate"
)

const (
	// handOverRate bounds what a node hands over, in bytes per second, and leastRate what it takes its time for: below that,
	// as long as shareTime while it serves and leaveTime when it leaves, for all that it holds. entryCost is what an entry counts
	// beside its key and value.
	handOverRate = 64 << 20
	leastRate    = 2 << 20
	entryCost    = 512
	shareTime    = 4 * time.Second
	leaveTime    = time.Second

	// burstTime is how much may be handed over at once: as much as comes due while a timer is late.
	burstTime = 2 * time.Millisecond
)

// heldBytes is what all that this node owns counts when it is handed over.
func (n *Node) heldBytes() float64 {
	var held int64
	for _, g := range n.groups.all() {
		s := g.store.Stats().Owned
		held += s.Bytes + int64(s.Entries)*entryCost
	}
	return float64(held)
}

// paceOver is the pace at which so many bytes take a time, within bounds. Little is not handed over in a burst: each entry costs those
// who serve Gets meanwhile some of their processor.
func paceOver(bytes float64, d time.Duration) float64 {
	return min(max(bytes/d.Seconds(), leastRate), handOverRate)
}

func newPace(perSecond float64) *rate.Limiter {
	return rate.NewLimiter(rate.Limit(perSecond), int(perSecond*burstTime.Seconds()))
}

// sharePace is the pace of a node that serves.
func (n *Node) sharePace() *rate.Limiter { return newPace(paceOver(n.heldBytes(), shareTime)) }

// leaveShare is the share of the time to leave within which all should be handed over, where that takes more than handOverRate.
const leaveShare = 2

// leavePace is the pace of a node that leaves, which still leaves the Gets their turn.
func (n *Node) leavePace(ctx context.Context) *rate.Limiter {
	held := n.heldBytes()
	pace := paceOver(held, leaveTime)
	if end, ok := ctx.Deadline(); ok {
		left := max(time.Until(end), time.Millisecond)
		pace = max(pace, leaveShare*held/left.Seconds())
	}
	return newPace(pace)
}
