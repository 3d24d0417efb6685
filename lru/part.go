package lru

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

const (
	// partBytes is how much budget there is to a part of a cache, and maxParts how many
	// parts there are at most. More parts would hardly ever be written to at the same
	// time, and each has chunks that are not full.
	partBytes = 2 << 20
	maxParts  = 8
)

// The kinds of queues.
const (
	small = iota
	main
	hot
	demoted // owned entries that go before all others
	kinds
)

// A part of a cache holds the keys whose hashes end in the same bits, so that
// who writes to one waits for nobody who writes to another. What is evicted is
// chosen from all of them.
type part struct {
	cache  *Cache
	number int

	told atomic.Int64 // owned entries, as they were of late

	mu          sync.Mutex // guards following
	logs        [kinds]log
	ghosts      ghosts
	hand        hand
	spare       int // bytes that victims of the hand left, and no candidate took yet
	owned       Usage
	hotUsage    Usage
	evictions   uint64
	expirations uint64
	counted     int   // uses since frequencies were last halved somewhere
	aged        int   // counts the shards whose frequencies were halved
	fitted      int   // counts the shards whose tables were looked at for being too large
	swept       place // that was last looked at for what has expired
	stores      uint32
	changes     uint64 // counts when what was found before must be looked up anew
}

// partsFor returns how many parts a cache has: a power of two.
func partsFor(maxBytes int64) int {
	n := min(max(maxBytes/partBytes, 1), maxParts)
	return 1 << (bits.Len64(uint64(n)) - 1)
}

func (p *part) init(c *Cache, number int) {
	p.cache, p.number = c, number
	for kind := range p.logs {
		p.logs[kind].queue = &c.queues[kind]
	}
}

func (c *Cache) part(hash uint64) *part { return &c.parts[hash&uint64(len(c.parts)-1)] }

// shard returns the i-th of the shards of the index that are p's, going round.
func (p *part) shard(i int) *shard {
	return &p.cache.index.shards[(i*len(p.cache.parts)+p.number)&int(p.cache.index.mask)]
}

func (p *part) shards() int { return len(p.cache.index.shards) / len(p.cache.parts) }

func (p *part) purge() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.shards() {
		p.cache.index.clear(p.shard(i))
	}
	for kind := range p.logs {
		for ch := range p.logs[kind].chunks() {
			p.closeLocked(ch)
		}
	}
	p.fitGhostsLocked(0)
	p.cache.hotEntries.Add(-int64(p.hotUsage.Entries))
	p.hand, p.spare, p.counted, p.aged, p.swept = hand{}, 0, 0, 0, place{}
	p.owned, p.hotUsage = Usage{}, Usage{}
	p.changes++
}

func (p *part) fitGhostsLocked(entries int) {
	before := p.ghosts.cost()
	p.ghosts.fit(entries)
	p.cache.ghostBytes.Add(p.ghosts.cost() - before)
}

// spins is how often lock looks whether the mutex is free before it waits: for longer than most hold it. A goroutine that waits
// comes to run again long after.
const spins = 4096

// lock locks p.mu.
func (p *part) lock() {
	for range spins {
		if p.mu.TryLock() {
			return
		}
	}
	p.mu.Lock()
}
