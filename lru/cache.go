package lru

import (
	"sync"
	"time"
)

// A Cache maps keys to entries within a budget of bytes. Make one with New. All
// its methods may be called by any number of goroutines at once. It starts no
// goroutine, so there is nothing to close.
//
// Time is read from the monotonic clock: setting the clock of the machine makes
// nothing expire early or late. An entry that has expired is never returned, by
// any method; its memory is freed by later calls of Set and of the methods that
// count, and before anything live is evicted.
type Cache struct {
	start      time.Time // what the times of nodes are counted from
	maxBytes   int64
	hotBytes   int64 // of maxBytes, what hot copies may take
	smallBytes int64 // of maxBytes, above which the small queue is evicted from

	index index // changes under mu too, and is read without it

	mu          sync.Mutex // guards following; taken before any lock of the index
	small, main queue
	hot         queue
	demoted     queue // owned entries that go before all others
	ghosts      ghosts
	expiry      wheel
	evictions   uint64
	expirations uint64
}

// New returns an empty Cache, or an error that says what is wrong with config.
func New(config Config) (*Cache, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Cache{
		start:      time.Now(),
		maxBytes:   config.MaxBytes,
		hotBytes:   portion(config.MaxBytes, config.HotShare),
		smallBytes: portion(config.MaxBytes, smallShare),
		index:      newIndex(config.MaxBytes),
	}
	c.small.init()
	c.main.init()
	c.hot.init()
	c.demoted.init()
	return c, nil
}

// portion returns a share of a budget, or 4 EiB if that is less: near the
// largest of budgets, rounding must not overflow.
func portion(bytes int64, share float64) int64 {
	return int64(min(float64(bytes)*share, 1<<62))
}

// now returns the time. Holders of mu read it when they have locked mu, so that
// the wheel never sees it go back.
func (c *Cache) now() int64 { return int64(time.Since(c.start)) }

// Get returns the entry of key, and whether there is one. Its TTL is what is
// left of it. Get allocates nothing and takes no lock but the read lock of one
// shard.
//
// Here and in the other methods hash is the caller's hash of key, always the
// same for the same key. The cache spreads keys by its low bits and compares the
// keys themselves, so that keys of the same hash do each other no harm.
func (c *Cache) Get(hash uint64, key string) (Entry, bool) {
	n, e, ok := c.peek(hash, key)
	if ok {
		n.touch()
	}
	return e, ok
}

// peek is a Get that counts as no use. The node is the one that e was read from.
func (c *Cache) peek(hash uint64, key string) (n *node, e Entry, ok bool) {
	n = c.index.find(hash, key)
	if n == nil {
		return nil, Entry{}, false
	}
	var now int64
	if n.expire != 0 { // reading the clock costs as much as all the rest
		if now = c.now(); n.expired(now) {
			return nil, Entry{}, false
		}
	}
	return n, n.entry(now), true
}

// Set stores e for key, in place of the entry that key had, and reports whether
// it did. It does not store an entry that has expired already, one that would
// take more than MaxEntryShare of the budget, or a hot one that would take more
// than all of the hot share. Then it evicts nothing, but what key had is removed
// nevertheless: the caller knows it to be out of date.
//
// The cache shares e.Value with the caller, who must not change it any more. It
// copies a Value whose array is much longer than it, to free the rest.
func (c *Cache) Set(hash uint64, key string, e Entry) bool {
	if e.TTL < 0 || !c.Fits(key, e) {
		c.Remove(hash, key)
		return false
	}
	n := newNode(hash, key, e)

	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	n.expireAfter(e.TTL, now)
	old := c.index.find(hash, key)
	if old != nil {
		c.unlinkLocked(old, now) // readers find it until n is in its place
	}
	c.makeRoomLocked(n, now)
	c.linkLocked(n, old)
	c.index.put(n)
	return true
}

// Fits reports whether the cache may hold e under key at all: Set evicts what it must for it, and refuses what does not fit.
func (c *Cache) Fits(key string, e Entry) bool {
	size := len(e.Value)
	if e.Absent {
		size = 0
	}
	limit := portion(c.maxBytes, MaxEntryShare)
	if e.Kind == Hot {
		limit = min(limit, c.hotBytes)
	}
	return cost(len(key), size) <= limit
}

// Remove removes the entry of key, and reports whether there was one. When it
// has returned, no Get finds what was stored before it was called.
func (c *Cache) Remove(hash uint64, key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.index.find(hash, key)
	if n == nil {
		return false
	}
	now := c.now()
	c.dropLocked(n, now)
	return !n.expired(now)
}

// Demote makes the owned entry of key one that is evicted before all others,
// however it is used from now on, and that lives for ttl at most; if ttl is not
// above 0, it is removed. It reports whether there was such an entry. To store
// the key anew ends that.
func (c *Cache) Demote(hash uint64, key string, ttl time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, now := c.index.find(hash, key), c.now()
	if n == nil || n.expired(now) || n.kind != Owned {
		return false
	}
	if ttl <= 0 {
		c.dropLocked(n, now)
		return true
	}
	d := n.demoted(ttl, now)
	c.queueLocked(n).remove(n)
	c.expiry.remove(n)
	c.demoted.pushFront(d)
	c.expiry.add(d)
	c.index.put(d)
	return true
}

// Purge removes all entries and gives their memory back. Like Remove, it is no
// eviction.
func (c *Cache) Purge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.index.clear()
	c.small.init()
	c.main.init()
	c.hot.init()
	c.demoted.init()
	c.ghosts.clear()
	c.expiry = wheel{}
}

// MaxBytes returns the budget.
func (c *Cache) MaxBytes() int64 { return c.maxBytes }
