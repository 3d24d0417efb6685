package lru

import (
	"sync/atomic"
	"time"
)

// A Cache maps keys to entries within a budget of bytes. Make one with New. All
// its methods may be called by any number of goroutines at once. It starts no
// goroutine, so there is nothing to close.
//
// Time is read from the monotonic clock: setting the clock of the machine makes
// nothing expire early or late. An entry that has expired is never returned, by
// any method; its memory is freed by later calls of Set and of the methods that
// count.
type Cache struct {
	start    time.Time // what the times of records are counted from
	base     uint64    // what their versions are counted from
	maxBytes int64
	mayTake  int64 // of maxBytes; the heap takes the rest
	hotBytes int64 // of maxBytes, what hot copies may take

	expires atomic.Bool // whether any record that was stored may expire

	index  index // changes under a part's mutex too, and is read without it
	trials trials
	parts  []part

	queues     [kinds]queue
	hotEntries atomic.Int64
	ghostBytes atomic.Int64 // what the ghosts of all parts take
	promised   promises
}

// New returns an empty Cache, or an error that says what is wrong with config.
func New(config Config) (*Cache, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	c := &Cache{
		start:    time.Now(),
		base:     uint64(time.Now().UnixNano()),
		maxBytes: config.MaxBytes,
		mayTake:  config.MaxBytes - config.MaxBytes/heapShare,
		hotBytes: portion(config.MaxBytes, config.HotShare),
		parts:    make([]part, partsFor(config.MaxBytes)),
	}
	c.promised.init(config.MaxBytes / promisedParts)
	c.index.init(config.MaxBytes)
	c.trials.init(config.MaxBytes)
	for kind := range c.queues {
		c.queues[kind].chunkBytes = chunkBytes(config.MaxBytes, len(c.parts))
	}
	c.queues[hot].chunkBytes = chunkBytes(c.hotBytes, len(c.parts))
	for i := range c.parts {
		c.parts[i].init(c, i)
	}
	return c, nil
}

// portion returns a share of a budget, or 4 EiB if that is less: near the
// largest of budgets, rounding must not overflow.
func portion(bytes int64, share float64) int64 {
	return int64(min(float64(bytes)*share, 1<<62))
}

// now returns the time.
func (c *Cache) now() int64 { return int64(time.Since(c.start)) }

// nowIfExpiring returns the time for the store of a record with a TTL. While none ever had one, it is 0: then the time does
// not matter, and reading the clock would take long.
func (c *Cache) nowIfExpiring(ttl time.Duration) int64 {
	if !c.expires.Load() {
		if ttl == 0 {
			return 0
		}
		c.expires.Store(true)
	}
	return c.now()
}

// Set stores e for key, in place of the entry that key had, and reports whether
// it did. It does not store an entry that has expired already, one that would
// take more than MaxEntryShare of the budget, or a hot one that would take more
// than all of the hot share. Then it evicts nothing, but what key had is removed
// nevertheless: the caller knows it to be out of date.
//
// The cache copies key and e.Value.
func (c *Cache) Set(key string, e Entry) bool {
	if e.TTL < 0 || !c.Fits(key, e) {
		c.Remove(key)
		return false
	}
	hash := c.index.hash(key)
	c.index.prefetch(hash)
	now := c.nowIfExpiring(e.TTL)
	d := newDraft(key, &e, now, c.base)
	c.part(hash).set(hash, key, &d, now)
	c.limit(now)
	return true
}

// Fits reports whether the cache may hold e under key at all: Set evicts what it must for it, and refuses what does not fit.
func (c *Cache) Fits(key string, e Entry) bool {
	size := int64(len(key)) + int64(len(e.Value))
	if e.Absent {
		size = int64(len(key))
	}
	limit := portion(c.maxBytes, MaxEntryShare)
	if e.Kind == Hot {
		limit = min(limit, c.hotBytes)
	}
	return size <= limit-chunkOverhead-maxHeader && size <= maxRecord
}

// Remove removes the entry of key, and reports whether there was one. When it
// has returned, no Get finds what was stored before it was called.
func (c *Cache) Remove(key string) bool {
	hash := c.index.hash(key)
	p := c.part(hash)
	p.lock()
	defer p.mu.Unlock()
	m, ok := c.index.find(hash, key)
	if !ok {
		return false
	}
	now := c.now()
	p.removeLocked(hash, &m, now)
	return !m.expired(now)
}

// Demote makes the owned entry of key one that is evicted before all others,
// however it is used from now on, and that lives for ttl at most; if ttl is not
// above 0, it is removed. It reports whether there was such an entry. To store
// the key anew ends that.
func (c *Cache) Demote(key string, ttl time.Duration) bool {
	hash := c.index.hash(key)
	found := c.part(hash).demote(hash, key, ttl)
	c.limit(c.now())
	return found
}

// Purge removes all entries and gives their memory back. Like Remove, it is no
// eviction.
func (c *Cache) Purge() {
	for i := range c.parts {
		c.parts[i].purge()
	}
	c.trials.clear()
}

// MaxBytes returns the budget.
func (c *Cache) MaxBytes() int64 { return c.maxBytes }
