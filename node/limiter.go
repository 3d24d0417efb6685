package node

import (
	"context"
	"sync/atomic"
)

// waitersPerSlot is how many loads may wait for each one that runs.
const waitersPerSlot = 10

// limiter bounds how many loads run at once, and how many wait to.
type limiter struct {
	slots      chan struct{}
	waiting    atomic.Int64
	maxWaiting int64
}

func newLimiter(n int) *limiter {
	return &limiter{slots: make(chan struct{}, n), maxWaiting: int64(n) * waitersPerSlot}
}

// busy reports whether a load would have to wait.
func (l *limiter) busy() bool { return len(l.slots) == cap(l.slots) }

// acquire takes a slot, or waits for one within ctx; ErrOverloaded if too many wait already, or none came.
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
	select {
	case l.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ErrOverloaded
	}
}

func (l *limiter) release() { <-l.slots }
