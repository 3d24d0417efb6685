package node

import (
	"sync"
	"time"
)

// workers are a node's goroutines.
type workers struct {
	mu      sync.Mutex
	running int           // guarded by mu
	closed  bool          // guarded by mu
	idle    chan struct{} // guarded by mu; closed when closed and nothing runs
}

func (w *workers) spawn(f func()) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.running++
	go func() {
		defer w.done()
		f()
	}()
	return true
}

func (w *workers) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	if w.closed && w.running == 0 {
		close(w.idle)
	}
}

// close refuses new goroutines and waits for those that run, for as long as grace. It returns how many still do.
func (w *workers) close(grace time.Duration) int {
	w.mu.Lock()
	w.closed, w.idle = true, make(chan struct{})
	if w.running == 0 {
		close(w.idle)
	}
	w.mu.Unlock()
	select {
	case <-w.idle:
	case <-time.After(grace):
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}
