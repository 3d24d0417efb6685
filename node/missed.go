package node

import (
	"context"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

const (
	// missedPause is how long a replica that has missed a copy goes without before it is offered that again, and again.
	missedPause = time.Second

	// maxMissed bounds the copies that a group remembers to be missed. Others are repaired when the ring changes.
	maxMissed = 1 << 14
)

// missed are the keys of which replicas have missed a copy. They are offered them again until they answer.
type missed struct {
	mu     sync.Mutex
	byPeer map[string]map[string]struct{} // guarded by mu; keys by the names of members
	count  int                            // guarded by mu; of keys in byPeer
}

// add notes that a member has missed a copy.
func (m *missed) add(name, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.byPeer == nil {
		m.byPeer = make(map[string]map[string]struct{})
	}
	keys := m.byPeer[name]
	if keys == nil {
		keys = make(map[string]struct{})
		m.byPeer[name] = keys
	}
	if _, ok := keys[key]; !ok && m.count < maxMissed {
		keys[key] = struct{}{}
		m.count++
	}
}

// take returns all that is noted, and forgets it.
func (m *missed) take() map[string]map[string]struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	byPeer := m.byPeer
	m.byPeer, m.count = nil, 0
	return byPeer
}

// copyTo gives a copy of what the store holds to a replica. Where it misses that, it is given it later.
func (g *Group) copyTo(ctx context.Context, p *peer, key string, e lru.Entry) bool {
	if g.givesTo(ctx, p, heldEntry{key, e, time.Now()}) {
		return true
	}
	g.missed.add(p.Name, key)
	signal(g.node.handovers.missed)
	return false
}

// repairReplicas offers replicas what they have missed. One that still does not answer is offered the rest another time.
func (n *Node) repairReplicas(ctx context.Context) {
	for _, g := range n.groups.all() {
		for name, keys := range g.missed.take() {
			g.repair(ctx, name, keys)
		}
	}
}

func (g *Group) repair(ctx context.Context, name string, keys map[string]struct{}) {
	p := g.node.view.Load().other(name)
	if p == nil {
		return // its heirs are given what they need as the ring changes
	}
	for key := range keys {
		if !g.offerAgain(ctx, p, key) {
			break
		}
		delete(keys, key)
	}
	for key := range keys {
		g.missed.add(name, key)
		signal(g.node.handovers.missed)
	}
}

// offerAgain gives a replica its copy of a key, if it is to have one, and reports whether it has what it needs.
func (g *Group) offerAgain(ctx context.Context, p *peer, key string) bool {
	ctx, cancel := context.WithTimeout(ctx, replicateTimeout)
	defer cancel()
	hash := g.space.Hash(key)
	e, ok := g.store.Get(key)
	if !ok || e.Kind != lru.Owned || e.Absent || !g.isReplica(p, hash) || !g.sure(ctx, hash, key, e.Version) {
		return true
	}
	held := heldEntry{key, e, time.Now()}
	if _, fresh := g.leftOf(held); !fresh {
		return true
	}
	return g.givesTo(ctx, p, held)
}

// isReplica reports whether a member is to hold the keys with hash, and this node owns them.
func (g *Group) isReplica(p *peer, hash uint64) bool {
	v := g.node.view.Load()
	if !v.owns(hash) {
		return false
	}
	for _, holder := range v.holders(hash, g.cfg.Replicas) {
		if holder != nil && holder.Name == p.Name {
			return true
		}
	}
	return false
}
