package lru

import (
	"math/bits"
	"sync"
)

const (
	// shardBytes is how much budget there is to a shard of the index: little, so
	// that callers seldom meet in one, and a walk over one is short.
	shardBytes = 256 << 10

	// maxShards bounds what the shards themselves take: 256 KiB.
	maxShards = 4096
)

// An index finds nodes by key. Readers take the read lock of one shard. Writers
// hold Cache.mu as well, so that what a writer has found stays as it is.
type index struct {
	shards []shard
	mask   uint64
}

// A shard holds the nodes whose hashes end in the same bits.
type shard struct {
	mu sync.RWMutex // guards nodes
	// nodes is keyed by the key rather than by its hash, because Go's maps hash
	// with a secret seed: nobody can choose keys that crowd together in it.
	nodes map[string]*node

	_ [32]byte // so that no two shards share a cache line
}

func newIndex(maxBytes int64) index {
	n := min(max(maxBytes/shardBytes, 1), maxShards)
	n = 1 << (bits.Len64(uint64(n)) - 1)
	return index{shards: make([]shard, n), mask: uint64(n - 1)}
}

func (x *index) shard(hash uint64) *shard { return &x.shards[hash&x.mask] }

func (x *index) find(hash uint64, key string) *node {
	s := x.shard(hash)
	s.mu.RLock()
	n := s.nodes[key]
	s.mu.RUnlock()
	return n
}

// put adds n, in place of a node of the same key if there is one.
func (x *index) put(n *node) {
	s := x.shard(n.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.nodes == nil {
		s.nodes = make(map[string]*node)
	}
	s.nodes[n.key] = n
}

func (x *index) remove(n *node) {
	s := x.shard(n.hash)
	s.mu.Lock()
	delete(s.nodes, n.key)
	s.mu.Unlock()
}

// clear removes all nodes and gives the memory of the maps back.
func (x *index) clear() {
	for i := range x.shards {
		s := &x.shards[i]
		s.mu.Lock()
		s.nodes = nil
		s.mu.Unlock()
	}
}
