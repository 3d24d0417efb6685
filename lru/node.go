package lru

import (
	"bytes"
	"math"
	"strings"
	"sync/atomic"
	"time"
)

const (
	// maxUses is how far uses of an entry are counted: S3-FIFO's two bits. A hit
	// on an entry that has reached it writes nothing.
	maxUses = 3

	// inMain is set in the state of a node of the main queue.
	inMain = maxUses + 1

	// inDemoted is set in the state of a demoted node, and inMain is not.
	inDemoted = inMain << 1
)

// A node is an entry in the cache. What readers see of it never changes once it
// is in the index: storing a key again replaces its node.
type node struct {
	key     string
	value   []byte
	hash    uint64
	version uint64
	expire  int64 // on the cache's clock; 0 if never
	kind    Kind
	absent  bool

	// state holds how often the node was used since it came into its queue, at
	// most maxUses, and where it is: inMain, inDemoted. A Get adds a use; else only a holder of Cache.mu
	// changes it.
	state atomic.Uint32

	// guarded by Cache.mu
	next, prev *node  // in the queue
	nextDue    *node  // in the slot of the wheel
	prevDue    **node // the pointer to this node there; nil if in no slot
}

// newNode makes a node that keeps alive no memory but its own: the key may be
// cut from a longer string and the value from a larger buffer, which the budget
// would not see.
func newNode(hash uint64, key string, e Entry) *node {
	n := &node{hash: hash, key: strings.Clone(key), kind: e.Kind, absent: e.Absent, version: e.Version}
	if !e.Absent {
		n.value = trimmed(e.Value)
	}
	return n
}

// trimmed returns v, or a copy of it where more than an eighth of v's array
// lies unused behind it.
func trimmed(v []byte) []byte {
	if cap(v)-len(v) > len(v)/8 {
		return bytes.Clone(v)
	}
	return v[:len(v):len(v)]
}

// expireAfter sets when n expires: ttl after now, or never if ttl is 0.
func (n *node) expireAfter(ttl time.Duration, now int64) {
	if ttl == 0 {
		return
	}
	n.expire = now + int64(ttl)
	if n.expire < now {
		n.expire = math.MaxInt64 // 292 years: the sum overflowed
	}
}

// demoted returns a node that takes the place of n, for ttl or what is left to n.
func (n *node) demoted(ttl time.Duration, now int64) *node {
	d := &node{key: n.key, value: n.value, hash: n.hash, version: n.version, kind: n.kind, absent: n.absent}
	d.state.Store(inDemoted)
	d.expireAfter(ttl, now)
	if n.expire != 0 {
		d.expire = min(d.expire, n.expire)
	}
	return d
}

func (n *node) expired(now int64) bool {
	return n.expire != 0 && n.expire <= now
}

// entry returns what callers see of n, which has not expired.
func (n *node) entry(now int64) Entry {
	e := Entry{Value: n.value, Kind: n.kind, Absent: n.absent, Version: n.version}
	if n.expire != 0 {
		e.TTL = time.Duration(n.expire - now)
	}
	return e
}

func (n *node) cost() int64 { return cost(len(n.key), len(n.value)) }

func cost(key, value int) int64 {
	return int64(key) + int64(value) + EntryOverhead
}

// touch counts a use. Of uses that race, one may be lost, which does no harm.
func (n *node) touch() {
	if s := n.state.Load(); s&maxUses < maxUses {
		n.state.CompareAndSwap(s, s+1)
	}
}

func (n *node) uses() uint32 { return n.state.Load() & maxUses }

func (n *node) main() bool { return n.state.Load()&inMain != 0 }

func (n *node) isDemoted() bool { return n.state.Load()&inDemoted != 0 }

// heat is higher the better n is used, and among equals for those that have
// reached the main queue. It is less than heats, and 0 for one that was demoted.
func (n *node) heat() int {
	s := n.state.Load()
	if s&inDemoted != 0 {
		return 0
	}
	return int(s&maxUses<<1 | s/inMain)
}

// heats is the number of values that heat may have.
const heats = 2 * (maxUses + 1)
