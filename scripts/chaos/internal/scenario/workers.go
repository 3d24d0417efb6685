//go:build linux

package scenario

import "sync"

// workers do a bounded number of things at a time.
type workers struct {
	all   sync.WaitGroup
	slots chan struct{}
}

func newWorkers(count int) *workers { return &workers{slots: make(chan struct{}, count)} }

// do waits for a free worker and leaves what is to be done to it.
func (w *workers) do(what func()) {
	w.slots <- struct{}{}
	w.all.Go(func() {
		defer func() { <-w.slots }()
		what()
	})
}

func (w *workers) wait() { w.all.Wait() }
