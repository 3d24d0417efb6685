package node

import (
	"context"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// doubts reports whether an entry is to be confirmed before it is served.
func (g *Group) doubts(key string, version uint64) bool {
	return version < g.node.doubt.until.Load() && g.unconfirmed(key, version)
}

func (g *Group) unconfirmed(key string, version uint64) bool {
	until := g.node.believedFrom()
	return version < until && !g.flights.confirmed(g.space.Hash(key), version, until)
}

// confirm answers with an entry that this node holds and doubts, if another member vouches for it.
func (g *Group) confirm(ctx context.Context, hash uint64, key string) (a answer, ok bool) {
	e, ok := g.store.Get(key)
	if !ok || e.Kind == lru.Hot || !g.doubts(key, e.Version) {
		return answer{}, false
	}
	if g.answerFrom(&e, &a); a.from == fromStale || !g.sure(ctx, hash, key, e.Version) {
		return answer{}, false
	}
	return a, true
}

// sure reports whether what this node holds of a key is in no doubt, or another member vouches for it. What is not may neither be
// served nor given to others, who would not doubt it.
func (g *Group) sure(ctx context.Context, hash uint64, key string, version uint64) bool {
	if !g.doubts(key, version) {
		return true
	}
	g.node.awaitAnswers(ctx)
	until := g.node.believedFrom()
	switch {
	case version >= until: // no more
		return true
	case !g.vouched(ctx, hash, key, version):
		return false
	case !g.node.outOfTouch():
		g.flights.noteConfirmed(hash, version, until)
	}
	return true
}

// vouched reports whether another member knows that a key was not written since a version. Whoever owns the key next is asked
// first: it is told of writes first.
func (g *Group) vouched(ctx context.Context, hash uint64, key string, version uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, peekTimeout)
	defer cancel()
	v := g.node.view.Load()
	if len(v.others) == 0 && !g.node.isUnknown() {
		return len(v.lostLately()) == 0 // nobody else writes
	}
	for _, p := range v.holders(hash, maxPrevious+1) {
		if p == nil {
			continue
		}
		resp, err := p.ask(ctx, &transport.Request{
			Op: transport.Get, Group: g.name, Key: key, Peer: true, CachedOnly: true, MaxReply: g.cfg.MaxValueBytes,
		})
		switch {
		case err != nil || resp.Version == 0:
		case resp.Code == transport.OK && resp.Version == version:
			return true
		case resp.Code == transport.OK && resp.Version > version:
			return false // it holds something newer, which is asked for by whoever wants it
		case resp.Code == transport.NotCached && resp.Version <= version:
			return true
		}
	}
	return false
}

// vouches is the version from which on this node can tell that it knows of no write of the keys with hash; 0: it cannot tell.
func (g *Group) vouches(hash uint64) uint64 {
	n := g.node
	if n.outOfTouch() || !n.isSettled() {
		return 0
	}
	return max(g.flights.complete(hash), n.believedFrom(), n.doubt.known.Load(), n.doubt.cleared.Load())
}

// maxConfirmed bounds the entries that are remembered to be confirmed in each flight shard. Others are confirmed again.
const maxConfirmed = 4096

// confirmed are the versions of entries of old that are in no doubt any more. The shard's lock guards them.
type confirmed struct {
	until    uint64            // of the doubt that they were confirmed in
	versions map[uint64]uint64 // by hash
}

// confirmed reports whether the entry of a key is in no doubt any more.
func (fs *flights) confirmed(hash, version, until uint64) bool {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.confirmed.until == until && s.confirmed.versions[hash] == version
}

func (fs *flights) noteConfirmed(hash, version, until uint64) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.confirmed.until != until || len(s.confirmed.versions) >= maxConfirmed {
		s.confirmed = confirmed{until, make(map[uint64]uint64)}
	}
	s.confirmed.versions[hash] = version
}
