package node

import (
	"context"
	"iter"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/p2pcache/p2pcache/lru"
)

const (
	// handOverTries is how often what was refused is offered again, after retryPause and twice as long each time. A member
	// that was just started may not have made its groups yet.
	handOverTries = 6
	retryPause    = 250 * time.Millisecond

	// maxRefused bounds the keys that are remembered to be offered again.
	maxRefused = 1 << 16
)

// pass hands over a group's entries, hottest first.
type pass struct {
	group   *Group
	change  change
	leaving bool
	current func() bool // whether to go on
	pace    *rate.Limiter
	workers int
	window  *window // of a node that leaves; nil: none

	mu      sync.Mutex // guards following
	refused []string   // keys to be offered again
	gone    []goneKey  // what others hold now, and this node shall not
}

type heldEntry struct {
	key   string
	entry lru.Entry
	read  time.Time // since when its TTL runs
}

type goneKey struct {
	key     string
	version uint64
}

// run offers what the group holds.
func (p *pass) run(ctx context.Context) {
	p.through(ctx, func(yield func(string, lru.Entry) bool) {
		for key, e := range p.group.store.All() {
			p.group.node.handovers.progress.seen.Add(1)
			if !yield(key, e) {
				return
			}
		}
	})
}

// again offers what was refused, some times.
func (p *pass) again(ctx context.Context) {
	wait := retryPause
	for range handOverTries {
		keys := p.refused
		if len(keys) == 0 || !p.rest(ctx, wait) {
			return
		}
		wait *= 2
		p.refused = nil
		p.group.node.handovers.progress.refused.Add(-int64(len(keys)))
		p.through(ctx, func(yield func(string, lru.Entry) bool) {
			for _, key := range keys {
				e, ok := p.group.store.Get(key)
				if ok && !yield(key, e) {
					return
				}
			}
		})
	}
}

// rest waits for so long, unless the pass is to end before, and reports whether it is to go on.
func (p *pass) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		changed := p.group.node.topology.changes()
		if !p.current() {
			return false
		}
		select {
		case <-changed:
		case <-ctx.Done():
		case <-timer.C:
			return p.current()
		}
	}
}

// through hands over those of the entries that are due, some at a time.
func (p *pass) through(ctx context.Context, entries iter.Seq2[string, lru.Entry]) {
	queue := make(chan heldEntry)
	var workers sync.WaitGroup
	for range p.workers {
		workers.Go(func() {
			for held := range queue {
				p.give(ctx, held)
			}
		})
	}
	for key, e := range entries {
		read := time.Now()
		if !p.current() {
			break
		}
		if e.Kind != lru.Owned || e.Absent {
			continue
		}
		if p.due(key, e) {
			queue <- heldEntry{key, e, read}
		} else {
			p.goes(key, e)
		}
	}
	close(queue)
	workers.Wait()
}

// goes notes an entry that others have now, if this node is not one of those who shall hold it.
func (p *pass) goes(key string, e lru.Entry) {
	if p.leaving || p.change.to.holds(p.group.space.Hash(key), p.group.cfg.Replicas) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = append(p.gone, goneKey{key, e.Version})
}

// demote makes what others hold now go first here, and soon. It comes after all was given: should the ring turn back before
// that, nothing has changed here.
func (p *pass) demote() {
	g := p.group
	for _, k := range p.gone {
		if !p.current() {
			return
		}
		g.returned.part(k.key, func() {
			if e, ok := g.store.Get(k.key); ok && e.Version == k.version {
				g.store.Demote(k.key, max(g.cfg.HotTTL, 0))
			}
		})
	}
}
