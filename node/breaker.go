package node

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxFailures is how many requests in a row may fail before a peer is not asked any more.
	maxFailures = 3

	// slowFailure is how long a request takes that costs its caller something when it fails. One is enough.
	slowFailure = 200 * time.Millisecond

	// retryShare is the share of requests, beyond the first maxRetries, that may be made again because they failed, were it
	// not in a row.
	retryShare = 0.1
	maxRetries = 20

	// firstWindow is how long a peer is not asked at first, longestWindow at last. It doubles whenever the peer fails
	// again, and varies by a quarter, so that not all members ask at one moment.
	firstWindow   = 500 * time.Millisecond
	longestWindow = 10 * time.Second
)

// breaker decides whether a peer is asked. It opens when requests fail, and closes when the peer answers again, which is found
// out by a probe: no caller waits for a peer that most likely does not answer.
type breaker struct {
	open     atomic.Bool
	troubled atomic.Bool // a success has something to note; false in good times, when nothing is written
	replies  atomic.Uint64

	mu       sync.Mutex // guards following
	failures int        // in a row
	retries  float64    // that were caused, beyond retryShare
	counted  uint64     // replies that retryShare was taken of
	window   time.Duration
	until    time.Time // when the peer may be probed
	probing  bool
	closed   time.Time // when it was closed last
}

// admits reports whether the peer may be asked, and otherwise whether the caller shall probe it.
func (b *breaker) admits() (ok, probe bool) {
	if !b.open.Load() {
		return true, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.open.Load() {
		return true, false
	}
	if b.probing || time.Now().Before(b.until) {
		return false, false
	}
	b.probing = true
	return false, true
}

// succeeded notes a reply, and reports whether it closed the breaker.
func (b *breaker) succeeded() bool {
	b.replies.Add(1)
	if !b.troubled.Load() {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures = 0
	b.troubled.Store(false)
	if !b.open.Load() {
		return false
	}
	b.open.Store(false)
	b.probing = false
	b.closed = time.Now()
	return true
}

// failed notes a request without a reply, and reports whether it opened the breaker.
func (b *breaker) failed(took time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubled.Store(true)
	b.failures++
	replies := b.replies.Load()
	b.retries = max(b.retries-retryShare*float64(replies-b.counted), 0) + 1
	b.counted = replies
	if b.failures < maxFailures && took < slowFailure && b.retries <= maxRetries {
		return false
	}
	return b.openLocked()
}

func (b *breaker) openLocked() bool {
	if b.open.Load() {
		return false
	}
	if time.Since(b.closed) > longestWindow {
		b.window = 0
	}
	b.retries = 0
	b.extendLocked(true)
	b.open.Store(true)
	return true
}

// probed notes that a probe had no reply, unless the breaker has been closed since. The window grows where grow says so.
func (b *breaker) probed(grow bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.probing {
		return
	}
	b.probing = false
	b.extendLocked(grow)
}

func (b *breaker) extendLocked(grow bool) {
	if grow {
		b.window *= 2
	}
	b.window = min(max(b.window, firstWindow), longestWindow)
	b.until = time.Now().Add(b.window*3/4 + rand.N(b.window/2))
}
