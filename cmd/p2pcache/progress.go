package main

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
)

// barEvery is how often a progress bar moves.
const barEvery = 100 * time.Millisecond

// newBar returns a progress bar on standard error, which is silent where that is no terminal. A negative most is unknown.
func (a *asking) newBar(most int64, what string, options ...progressbar.Option) *progressbar.ProgressBar {
	return newBar(a.cmd.ErrOrStderr(), most, what, options...)
}

func newBar(out io.Writer, most int64, what string, options ...progressbar.Option) *progressbar.ProgressBar {
	if !isTerminal(out) {
		out = io.Discard
	}
	return progressbar.NewOptions64(most, append([]progressbar.Option{
		progressbar.OptionSetWriter(out), progressbar.OptionSetDescription(what), progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(barEvery), progressbar.OptionSetPredictTime(true),
		progressbar.OptionClearOnFinish(), progressbar.OptionUseANSICodes(true),
	}, options...)...)
}

// watching shows how far work has come of most.
func (a *asking) watching(most int64, what string, work func(done *atomic.Int64) error) error {
	bar := a.newBar(most, what, progressbar.OptionShowCount(), progressbar.OptionShowIts())
	return a.ticking(work, func(done int64) { _ = bar.Set64(done) }, bar)
}

// watchingTime shows how much of the time is over, and how much work was done.
func (a *asking) watchingTime(limit time.Duration, work func(done *atomic.Int64) error) error {
	began := time.Now()
	bar := a.newBar(limit.Milliseconds(), "asking")
	return a.ticking(work, func(done int64) {
		bar.Describe(fmt.Sprintf("%d answered", done))
		_ = bar.Set64(min(time.Since(began), limit).Milliseconds())
	}, bar)
}

// ticking calls show now and then while work runs. What a bar cannot write is no reason to stop.
func (a *asking) ticking(work func(done *atomic.Int64) error, show func(done int64), bar *progressbar.ProgressBar) error {
	var done atomic.Int64
	var shower sync.WaitGroup
	stop := make(chan struct{})
	shower.Go(func() {
		tick := time.NewTicker(barEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				show(done.Load())
			}
		}
	})
	err := work(&done)
	close(stop)
	shower.Wait()
	_ = bar.Finish()
	return err
}
