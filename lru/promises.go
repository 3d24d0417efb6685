package lru

import (
	"sync"
	"sync/atomic"
)

// promises counts bytes that room is made for and that are not taken yet. Who promises
// more than a bound waits until others have taken theirs, unless nothing is promised:
// or else many stores at once would evict all that there is, and then find no room.
type promises struct {
	most  int64
	bytes atomic.Int64

	waiters atomic.Int32
	mu      sync.Mutex // is what those hold who look whether to wait
	kept    *sync.Cond
}

func (p *promises) init(most int64) { p.most, p.kept = most, sync.NewCond(&p.mu) }

// add promises bytes, and reports whether it could without waiting.
func (p *promises) add(n int64) bool {
	for {
		old := p.bytes.Load()
		if !p.open(old, n) {
			return false
		}
		if p.bytes.CompareAndSwap(old, old+n) {
			return true
		}
	}
}

func (p *promises) open(old, n int64) bool { return n == 0 || old == 0 || old+n <= p.most }

// wait returns when so many bytes might be promised. The caller holds no part's mutex.
func (p *promises) wait(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters.Add(1) // before it looks, as keep looks for waiters after it has changed what they look at
	defer p.waiters.Add(-1)
	for !p.open(p.bytes.Load(), n) {
		p.kept.Wait()
	}
}

// keep notes that bytes that were promised are taken, or are needed no more.
func (p *promises) keep(n int64) {
	if n == 0 {
		return
	}
	p.bytes.Add(-n)
	if p.waiters.Load() > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.kept.Broadcast()
	}
}
