package origin

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

const (
	// firstBackoff is the longest wait before a first retry; each further one waits up to twice as long.
	firstBackoff = 20 * time.Millisecond
	maxBackoff   = time.Second

	// budgetBurst is how many retries may be made before any was earned.
	budgetBurst = 10
)

// budget is what a group's requests have earned in retries. It is safe for concurrent use.
type budget struct {
	each float64 // that a request earns

	mu   sync.Mutex
	left float64 // guarded by mu
}

func newBudget(each float64) *budget { return &budget{each: each, left: budgetBurst} }

func (b *budget) earn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left+b.each, budgetBurst)
}

// spend reports whether a retry may be made.
func (b *budget) spend() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// busyError is a reply by which a service says that the same request may succeed a little later.
type busyError struct{ error }

// isBusy reports whether a status says so.
func isBusy(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retryable reports whether err is of a request that may be made again: it did not reach the service, was cut short, or was
// refused for a while.
func retryable(err error) bool {
	if _, busy := errors.AsType[busyError](err); busy {
		return true
	}
	_, sent := errors.AsType[transportError](err)
	return sent
}

// transportError is a failure to send a request or to get a reply.
type transportError struct{ error }

func (e transportError) Unwrap() error { return e.error }

// again runs attempt, and again while it fails in a way that a retry may mend and ctx, the number and the budget allow.
func again[T any](ctx context.Context, retries int, b *budget, attempt func() (T, error)) (T, error) {
	b.earn()
	backoff := firstBackoff
	for try := 0; ; try++ {
		v, err := attempt()
		if err == nil || try >= retries || !retryable(err) || ctx.Err() != nil || !b.spend() || !pause(ctx, rand.N(backoff)) {
			return v, err
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
