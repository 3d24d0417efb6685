package node

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// What a node doubts is confirmed as it is asked for, once each. But to find that it was takes a lock at each hit, and what lives
// without end would be older than the doubt for ever. So once the doubt is over, and the loads that began meanwhile are, the node has
// all that it holds confirmed, and forgets the doubt.

const (
	// clearRetry is how long after what was left in doubt is confirmed anew.
	clearRetry = time.Minute

	// After clearBurst entries, clearing rests for clearRest: nobody waits for it.
	clearBurst = 64
	clearRest  = 10 * time.Millisecond
)

// clearing is the forgetting of a doubt. It is watchClock's own, but for running.
type clearing struct {
	until   uint64    // the doubt; 0: none
	next    time.Time // when what is held is confirmed
	passes  int       // over what is held, that were begun
	running atomic.Bool
}

// clearWhenDue begins to clear a doubt that is over, when it is time.
func (n *Node) clearWhenDue(c *clearing, now time.Time) {
	until := n.believedFrom()
	switch {
	case until == 0 || until == endless:
		c.until = 0
		return
	case until != c.until:
		c.until, c.passes, c.next = until, 0, now.Add(n.longestLoad())
		return
	case now.Before(c.next) || c.running.Load():
		return
	}
	c.running.Store(true)
	c.next = now.Add(clearRetry)
	c.passes++
	first := c.passes == 1
	n.work.spawn(func() {
		defer c.running.Store(false)
		n.clearDoubt(until, first)
	})
}

// longestLoad is how long a load may last.
func (n *Node) longestLoad() (longest time.Duration) {
	for _, g := range n.groups.all() {
		longest = max(longest, g.cfg.LoadTimeout)
	}
	return longest
}

// clearDoubt has all that is held and older than a version confirmed, and forgets the doubt that is until then where that is done.
func (n *Node) clearDoubt(until uint64, first bool) {
	for _, g := range n.groups.all() {
		if !g.clearDoubt(n.ctx, until, first) {
			return
		}
	}
	d := &n.doubt
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until.Load() == until {
		d.cleared.Store(max(d.cleared.Load(), until)) // first: who vouches reads it last
		d.until.Store(0)
	}
}

// clearDoubt reports whether nothing is held any more that is older than a version and that nobody vouches for. After the first time,
// what can be loaded anew goes, as it would when it is asked for.
func (g *Group) clearDoubt(ctx context.Context, until uint64, first bool) bool {
	all, asked := true, 0
	for key, e := range g.store.All() {
		if ctx.Err() != nil || g.node.doubt.until.Load() != until || g.node.isUnknown() {
			return false
		}
		hash := g.space.Hash(key)
		if e.Version >= until || g.flights.confirmed(hash, e.Version, until) {
			continue
		}
		if asked++; asked%clearBurst == 0 {
			pause(ctx, clearRest)
		}
		switch {
		case e.Kind != lru.Hot && g.vouched(ctx, hash, key, e.Version): // not noted, so that what was asked for stays so
		case e.Kind == lru.Hot || !first && g.cfg.Load != nil:
			g.flights.discard(hash, key, e.Version)
		default:
			all = false
		}
	}
	return all
}

// discard removes what the store holds of a key if it is of that version.
func (fs *flights) discard(hash uint64, key string, version uint64) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if held, ok := fs.env.store.Get(key); ok && held.Version == version {
		fs.env.store.Remove(key)
	}
}
