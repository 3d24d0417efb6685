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
}

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

// add gives ch a number. There are more than enough: see maxChunks.
func (c *chunks) add(ch *chunk) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		c.growLocked()
	}
	ch.id = c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
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
	if c.free = append(c.free, ch.id); len(c.free) == len(table)-1 {
		c.init()
	}
}

// full reports whether no number is left.
func (c *chunks) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.free) == 0 && len(*c.table.Load()) == maxChunks
}
