package node

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// due reports whether an entry is to be handed over.
func (p *pass) due(key string, e lru.Entry) bool {
	if _, fresh := p.group.freshLife(e.TTL); !fresh {
		return false
	}
	hash, replicas := p.group.space.Hash(key), p.group.cfg.Replicas
	between := p.change.from != p.group.node.handovers.settled.Load() // and all from before was given in a pass before this one
	if p.group.demoted(e) && (between || !p.change.from.holds(hash, replicas)) {
		return false
	}
	return p.leaving || len(p.change.heirs(hash, replicas)) > 0
}

// demoted reports whether an entry that others hold may be one that they were given: it lives no longer than those do.
func (g *Group) demoted(e lru.Entry) bool { return e.TTL > 0 && e.TTL <= g.cfg.HotTTL }

// give hands an entry over, and notes what came of it.
func (p *pass) give(ctx context.Context, held heldEntry) {
	size := len(held.key) + len(held.entry.Value)
	progress := &p.group.node.handovers.progress
	if p.wait(ctx, size+entryCost) && p.isSure(ctx, held) && p.offer(ctx, held) {
		p.goes(held.key, held.entry)
		progress.given.Add(1)
		progress.bytes.Add(int64(size))
		return
	}
	if _, fresh := p.group.leftOf(held); !fresh {
		return
	}
	progress.refused.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.refused) < maxRefused {
		p.refused = append(p.refused, held.key)
	}
}

// isSure reports whether an entry is in no doubt, after a look at the clock: this node may continue where it was stopped.
func (p *pass) isSure(ctx context.Context, held heldEntry) bool {
	p.group.node.seeClock(time.Now())
	return p.group.sure(ctx, p.group.space.Hash(held.key), held.key, held.entry.Version)
}

// leftOf is what is left of an entry's life by now, which may be long after it was read, and whether there is any.
func (g *Group) leftOf(held heldEntry) (time.Duration, bool) {
	if held.entry.TTL == 0 {
		return 0, true
	}
	left := held.entry.TTL - time.Since(held.read) - g.cfg.StaleFor
	return left, left > 0
}

// offer gives a copy to those who shall have it, and reports whether they do.
func (p *pass) offer(ctx context.Context, held heldEntry) bool {
	if !p.leaving {
		return p.share(ctx, held)
	}
	p.window.enter()
	started := time.Now()
	given := p.bequeath(ctx, held)
	p.window.leave(time.Since(started))
	return given
}

// wait waits until it is the turn of so many bytes.
func (p *pass) wait(ctx context.Context, bytes int) bool {
	for ; bytes > 0; bytes -= p.pace.Burst() {
		if p.pace.WaitN(ctx, min(bytes, p.pace.Burst())) != nil {
			return false
		}
	}
	return true
}

// share gives a copy to the peers that hold its key now and did not before, and reports whether all have it.
func (p *pass) share(ctx context.Context, held heldEntry) bool {
	all := true
	for _, heir := range p.change.heirs(p.group.space.Hash(held.key), p.group.cfg.Replicas) {
		all = p.group.givesTo(ctx, heir, held) && all
	}
	return all
}

// maxHeirs is how many members are asked to take what a leaving node held, where others are leaving as well.
const maxHeirs = 8

// bequeath gives a copy to as many members as shall hold its key, first those who own it first, and reports whether one has it.
// It passes over those that are leaving too: the ring without them gives the key to the next ones.
func (p *pass) bequeath(ctx context.Context, held heldEntry) bool {
	v := p.group.node.view.Load()
	hash := p.group.space.Hash(held.key)
	before := p.change.from.ring.Owners(nil, hash, p.group.cfg.Replicas)
	have, given := 0, false
	for _, heir := range v.holders(hash, p.group.cfg.Replicas+maxHeirs) {
		if have == p.group.cfg.Replicas || ctx.Err() != nil {
			break
		}
		switch {
		case heir == nil: // not while this node is off the ring
		case have > 0 && p.change.held(heir, before):
			have++ // it is a replica already, and the first one was given what it may have missed
		case p.group.givesTo(ctx, heir, held):
			have, given = have+1, true
		}
	}
	return given
}

// givesTo offers a copy to a peer, and reports whether that has it, or something newer.
func (g *Group) givesTo(ctx context.Context, p *peer, held heldEntry) bool {
	ttl, fresh := g.leftOf(held)
	if !fresh {
		return false
	}
	copied := g.copyOf(held.key, held.entry, ttl)
	resp, err := p.ask(ctx, &copied)
	return err == nil && (resp.Code == transport.OK || resp.Code == transport.Superseded)
}

// logEvery is how often a node that leaves says how far it is.
const logEvery = 2 * time.Second

// logProgress says from time to time how far the node is in handing over, until stop is closed.
func (n *Node) logProgress(stop <-chan struct{}) {
	tick := time.NewTicker(logEvery)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		s := n.handovers.progress.snapshot()
		n.log.Info().Int64("entries", s.Seen).Int64("of", s.Entries).Int64("given", s.Given).Int64("bytes", s.Bytes).
			Int64("refused", s.Refused).Msg("handing over")
	}
}
