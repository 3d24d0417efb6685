package lru

import (
	"sync"
	"sync/atomic"
)

// promises counts bytes that room is made for and that are not taken yet. Once they are
// so many, who would promise more waits until others have taken theirs: or else many
// stores at once would evict all that there is, and then find no room. The last to
// promise may exceed that by any amount, so that a large store need not wait for longer.
type promises struct {
	enough int64
	bytes  atomic.Int64

	waiters atomic.Int32
	mu      sync.Mutex // is what those hold who look whether to wait
	kept    *sync.Cond
}

func (p *promises) init(enough int64) { p.enough, p.kept = enough, sync.NewCond(&p.mu) }

// add promises bytes, and reports whether it could without waiting.
func (p *promises) add(n int64) bool {
	for n > 0 {
		old := p.bytes.Load()
		if old >= p.enough {
			return false
		}
		if p.bytes.CompareAndSwap(old, old+n) {
			break
		}
	}
	return true
}

// wait returns when more might be promised. The caller holds no part's mutex.
func (p *promises) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiters.Add(1) // before it looks, as keep looks for waiters after it has changed what they look at
	defer p.waiters.Add(-1)
	for p.bytes.Load() >= p.enough {
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
