package node

import (
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// Writes and what flights bring are ordered by versions. The member that a write reaches first issues its version and the
// others are told it; a load has the version of its beginning. Each member remembers the version of a key's last write for a
// while, the key's floor, and believes nothing older: no flight that began before, no hand-over that comes late, no answer of
// a member that was not told.

// fence lets write change the store for a key, as of a version: the given one or, for 0, a new one. Flights that began before go
// on for those who wait for them, but are joined and stored no more. It returns the version, and whether this node hears of it
// for the first time.
func (fs *flights) fence(hash uint64, key string, version uint64, write func(version uint64)) (uint64, bool) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if version == 0 {
		version = fs.env.clock.nextWrite()
	}
	for k := range s.underway {
		s.underway[k].removeKey(hash, key)
	}
	first := version > s.floors.of(hash)
	s.floors.raise(hash, version)
	s.highest.Store(max(s.highest.Load(), version))
	write(version)
	return version, first
}

// fenceAll is fence for every key. It reports whether this node hears of the version for the first time.
func (fs *flights) fenceAll(version uint64, write func()) bool {
	first := false
	for i := range fs.shards {
		s := &fs.shards[i]
		s.mu.Lock()
		defer s.mu.Unlock() // once write has returned: nothing is stored in any shard before
		for k := range s.underway {
			s.underway[k].clear()
		}
		first = first || version > s.floors.all
		s.floors.all = max(s.floors.all, version)
		s.highest.Store(max(s.highest.Load(), version))
	}
	write()
	return first
}

// keep stores what another member sent: false where something as new is known of the key. Then there is something newer, but
// for a store that has no room for an entry so large. What was Set is remembered as a write, however soon the entry goes.
func (fs *flights) keep(hash uint64, key string, e lru.Entry) bool {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := fs.storeLocked(s, hash, key, e)
	if e.Version&writeBit != 0 {
		s.floors.raise(hash, e.Version)
	}
	if !kept {
		return false
	}
	for k := range s.underway {
		if f := s.underway[k].find(hash, key); f != nil && f.version < e.Version {
			s.underway[k].remove(f)
		}
	}
	return true
}

// believes reports whether something of a version can be what a key holds now.
func (fs *flights) believes(hash, version uint64) bool {
	return version >= fs.shard(hash).highest.Load() || version >= fs.floor(hash)
}

// floor is the version from which on something can be what a key holds now.
func (fs *flights) floor(hash uint64) uint64 {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.floors.of(hash)
}

// complete is the version from which on all writes of the keys with hash are known that this node was told of.
func (fs *flights) complete(hash uint64) uint64 {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(s.floors.of(hash), s.floors.lost)
}

// settleLocked makes the store hold what a flight brought, and reports whether it does.
func (fs *flights) settleLocked(s *flightShard, f *flight, out *outcome) bool {
	switch {
	case out.keep == nil && !out.drop:
		return false
	case fs.env.ctx.Err() != nil:
		return false // the node was closed, and its store emptied
	case f.version < fs.env.cleared.Load():
		return false // it took longer than loads may
	case f.unknown || fs.env.unknown():
		return false // no write would have reached it
	case out.keep != nil:
		return fs.storeLocked(s, f.hash, f.key, *out.keep)
	case out.drop && !fs.newerLocked(f.key, out.answer.version):
		fs.env.store.Remove(f.key)
	}
	return false
}

// storeLocked stores an entry unless something as new is known of the key. Of two of the same version, which are the same
// value, the one that lives longer stays: the other one may be what a member kept of a key that went to another and comes back.
func (fs *flights) storeLocked(s *flightShard, hash uint64, key string, e lru.Entry) bool {
	if e.Version < s.floors.of(hash) {
		return false
	}
	held, ok := fs.env.store.Get(key)
	if ok && held.Kind == lru.Owned && (held.Version > e.Version || held.Version == e.Version && !outlives(e.TTL, held.TTL)) {
		return false
	}
	return fs.env.store.Set(key, e)
}

// outlives reports whether one life is longer than another by more than what is added as it is sent.
func outlives(ttl, other time.Duration) bool {
	const rounded = 10 * time.Millisecond
	return other != 0 && (ttl == 0 || ttl > other+rounded)
}

// newerLocked reports whether this node holds, as its own, something as new as version.
func (fs *flights) newerLocked(key string, version uint64) bool {
	held, ok := fs.env.store.Get(key)
	return ok && held.Kind == lru.Owned && held.Version >= version
}

// purged is the version of the last purge that this node has heard of.
func (fs *flights) purged() uint64 {
	s := &fs.shards[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.floors.all
}
