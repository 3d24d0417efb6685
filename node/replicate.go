package node

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// replicateTimeout bounds the copying of one load to the other replicas.
const replicateTimeout = 5 * time.Second

// replicate copies what a load has stored to the key's other replicas, in the background, or to those who own the key next
// where this node is leaving. Where too many copies wait already, it is left out: a copy only saves a load.
func (g *Group) replicate(hash uint64, key string) {
	if g.cfg.Replicas == 1 && !g.node.handovers.intake.isClosed() {
		return
	}
	g.node.work.spawn(func() {
		ctx, cancel := context.WithTimeout(g.node.ctx, replicateTimeout)
		defer cancel()
		if g.copies.acquire(ctx) != nil {
			return
		}
		defer g.copies.release()
		if e, ok := g.store.Get(key); ok && g.sure(ctx, hash, key, e.Version) {
			g.copyOut(ctx, hash, key)
		}
	})
}

// copyOut sends what the store holds now, which may be newer than what was loaded, and reports whether anybody has it.
func (g *Group) copyOut(ctx context.Context, hash uint64, key string) (has bool) {
	v := g.node.view.Load()
	if !v.owns(hash) && !g.node.handovers.intake.isClosed() {
		return false
	}
	for _, p := range v.holders(hash, g.cfg.Replicas) {
		e, ok := g.store.Get(key)
		if !ok || e.Kind != lru.Owned || e.Absent {
			return has
		}
		if p != nil {
			has = g.copyTo(ctx, p, key, e) || has
		}
	}
	return has
}

// copyOf is the request that a peer keep an entry as its own, unless it knows of something as new.
func (g *Group) copyOf(key string, e lru.Entry, ttl time.Duration) transport.Request {
	return transport.Request{
		Op: transport.Set, Group: g.name, Key: key, Value: e.Value, TTL: ttl, Version: e.Version, Peer: true,
	}
}
