package main

import (
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/p2pcache/p2pcache/node"
)

// showHandOver shows on a terminal how far a node that leaves is in handing over, until stop is called.
func showHandOver(out io.Writer, n interface{ Stats() node.Stats }) (stop func()) {
	if !isTerminal(out) {
		return func() {} // the log says it
	}
	bar := newBar(out, -1, "handing over", progressbar.OptionShowCount(), progressbar.OptionShowIts())
	done := make(chan struct{})
	var shower sync.WaitGroup
	shower.Go(func() {
		tick := time.NewTicker(barEvery)
		defer tick.Stop()
		for {
			select {
			case <-done:
				_ = bar.Finish()
				return
			case <-tick.C:
			}
			if h := n.Stats().HandOver; h.Running && h.Leaving && h.Entries > 0 {
				bar.ChangeMax64(max(h.Entries, h.Seen))
				_ = bar.Set64(h.Seen) // what cannot be written is no reason to stop
			}
		}
	})
	return func() { close(done); shower.Wait() }
}
