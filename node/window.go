package node

import (
	"sync"
	"time"
)

const (
	// firstOffers is how many entries a leaving node offers at once at first.
	firstOffers = 4

	// A reply is slow that takes slowOffer times as long as the fastest ones, and offerSlack more: then others wait as well, for
	// the processor, the network or the peer. The fastest ones are forgotten as slowly as offerFade says.
	slowOffer  = 3
	offerSlack = time.Millisecond
	offerFade  = 1.002
)

// window is how many entries a leaving node offers at once. It grows as long as replies come as fast as ever, and shrinks when they
// do not, so that those who serve Gets meanwhile have the rest of the machine: unless time runs out.
type window struct {
	mu      sync.Mutex // guards following
	free    sync.Cond  // of mu; an offer was answered
	limit   float64
	offered int
	fastest time.Duration
	late    func() bool
}

func newWindow(late func() bool) *window {
	w := &window{limit: firstOffers, late: late}
	w.free.L = &w.mu
	return w
}

// enter waits for a place. Then leave must be called.
func (w *window) enter() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.offered >= int(w.limit) {
		w.free.Wait()
	}
	w.offered++
}

// leave notes that an offer was answered after a time.
func (w *window) leave(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.offered--
	w.adaptLocked(took)
	w.free.Broadcast()
}

func (w *window) adaptLocked(took time.Duration) {
	if fading := time.Duration(float64(w.fastest) * offerFade); w.fastest == 0 || took < fading {
		w.fastest = took
	} else {
		w.fastest = fading
	}
	if took > slowOffer*w.fastest+offerSlack && !w.late() {
		w.limit = max(w.limit-0.5, 1)
	} else {
		w.limit = min(w.limit+1/w.limit, leaveWorkers)
	}
}
