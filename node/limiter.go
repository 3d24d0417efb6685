package node

import (
	"context"
	"sync/atomic"
	"time"
)

// waitersPerSlot is how many loads may wait for each one that runs.
const waitersPerSlot = 10

// limiter bounds how many loads run at once, and how many wait to.
type limiter struct {
	slots      chan struct{}
	early      time.Duration // how long before the end of its time a load waits no more
	waiting    atomic.Int64
	maxWaiting int64
}

func newLimiter(n int, early time.Duration) *limiter {
	return &limiter{slots: make(chan struct{}, n), early: early, maxWaiting: int64(n) * waitersPerSlot}
}

// busy reports whether a load would have to wait.
func (l *limiter) busy() bool { return len(l.slots) == cap(l.slots) }

// acquire takes a slot, or waits for one until ctx is about to end; ErrOverloaded if too many wait already, or none came. There is
// time left then to tell that to nodes that wait for the load, or they would take it for one that was slow.
func (l *limiter) acquire(ctx context.Context) error {
	select {
	case l.slots <- struct{}{}:
		return nil
	default:
	}
	if l.waiting.Add(1) > l.maxWaiting {
		l.waiting.Add(-1)
		return ErrOverloaded
	}
	defer l.waiting.Add(-1)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-l.early))
		defer cancel()
	}
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ErrOverloaded
	}
}

// lateness returns what reports whether so little is left of ctx's time that a load which has not begun is not waited for any more.
func (l *limiter) lateness(ctx context.Context) func() bool {
	end, ok := ctx.Deadline()
	if !ok {
		return func() bool { return false }
	}
	early := min(l.early, time.Until(end)/10)
	return func() bool { return time.Until(end) <= early }
}

func (l *limiter) release() { <-l.slots }
