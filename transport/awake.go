package transport

import (
	"sync"
	"time"
)

// awakeSteps is in how many parts a time is counted in which this process is awake. Of each, what it came too late for does not count.
const awakeSteps = 10

// awakeTimer calls a function once this process has been awake for some time. While it stands still, or is kept waiting for a processor,
// a sign of life may wait to be read; and a machine that starves this process starves the one that it waits for as well.
type awakeTimer struct {
	step time.Duration
	over func()

	mu    sync.Mutex
	timer *time.Timer // guarded by mu
	left  int         // guarded by mu; steps to go, none once it is over or stopped
}

// afterAwake calls over, at most once and not after stop has returned, when this process has been awake for so long.
func afterAwake(limit time.Duration, over func()) (stop func()) {
	t := &awakeTimer{step: limit / awakeSteps, over: over, left: awakeSteps}
	t.start(t.step)
	return t.stop
}

// start begins with a step that ends after first.
func (t *awakeTimer) start(first time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(first, t.pass)
}

func (t *awakeTimer) pass() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left == 0 {
		return
	}
	if t.left--; t.left == 0 {
		t.over()
		return
	}
	t.timer.Reset(t.step)
}

func (t *awakeTimer) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = 0
	t.timer.Stop()
}
