package lru

import (
	"sync"
	"sync/atomic"
)

// chunks finds chunks by their numbers. Readers need no lock.
type chunks struct {
	table atomic.Pointer[[]atomic.Pointer[chunk]] // written with mu

	mu   sync.Mutex // guards following; taken after part.mu if both are
	free []uint32   // numbers that are not in use

	used atomic.Int64 // how many numbers are; written with mu
	most int64        // how many may be in use before chunks must go
}

// spareChunks is how many numbers are left when chunks must go, for those that what is
// worth keeping is moved to, and for what is stored meanwhile.
const spareChunks = 4096

// get returns the chunk that has the number now, or nil if none has.
func (c *chunks) get(id uint32) *chunk {
	if table := *c.table.Load(); int(id) < len(table) {
		return table[id].Load()
	}
	return nil
}

func (c *chunks) init() {
	table := make([]atomic.Pointer[chunk], 1) // no chunk has the number 0
	c.table.Store(&table)
	c.free = nil
}

// add gives ch a number. There is one: see spareChunks.
func (c *chunks) add(ch *chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		c.growLocked()
	}
	ch.id = c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.used.Add(1)
	(*c.table.Load())[ch.id].Store(ch)
}

func (c *chunks) growLocked() {
	old := *c.table.Load()
	table := make([]atomic.Pointer[chunk], min(max(8, len(old)+len(old)/4), maxChunks))
	for i := range old {
		table[i].Store(old[i].Load())
	}
	for i := len(table) - 1; i >= len(old); i-- {
		c.free = append(c.free, uint32(i))
	}
	c.table.Store(&table)
}

// remove takes a chunk's number from it. With the last one the table goes.
func (c *chunks) remove(ch *chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	table := *c.table.Load()
	table[ch.id].Store(nil)
	c.used.Add(-1)
	if c.free = append(c.free, ch.id); len(c.free) == len(table)-1 {
		c.init()
	}
}

// full reports whether so many numbers are in use that chunks must go.
func (c *chunks) full() bool { return c.used.Load() >= c.most }
