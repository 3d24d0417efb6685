package lru

import (
	"iter"
	"sync/atomic"
)

// A record is one that a walk over a chunk found.
type record struct {
	chunk *chunk
	off   uint32
	hash  uint64
	word  *atomic.Uint64 // its slot; nil if it is dead
	header
}

func (c *Cache) recordLocked(ch *chunk, off uint32) record {
	r := record{chunk: ch, off: off, header: ch.at(off)}
	r.hash = c.index.hashBytes(ch.data[r.key:r.value])
	r.word = c.index.locate(r.hash, ch, off)
	return r
}

// recordsLocked yields the records of a chunk that are alive. The body may drop or
// move the one it was given.
func (c *Cache) recordsLocked(ch *chunk) iter.Seq[record] {
	return func(yield func(record) bool) {
		for off := uint32(0); off < ch.fill; {
			r := c.recordLocked(ch, off)
			off = r.end
			if r.word != nil && !yield(r) {
				return
			}
		}
	}
}

// countLocked counts uses, and halves frequencies a shard at a time.
func (c *Cache) countLocked(uses int) {
	c.counted += uses
	entries := max(c.owned.Entries, leastAged)
	if c.counted*len(c.index.shards) < agingPeriod*entries {
		return
	}
	c.counted = 0
	if c.aged++; c.aged >= len(c.index.shards) {
		c.aged = 0
	}
	c.index.shards[c.aged].age()
	c.ghosts.age(len(c.ghosts.buckets)/len(c.index.shards) + 1)
}

// age halves the frequencies of all slots in a shard.
func (s *shard) age() {
	for word := range s.table.Load().words() {
		if s := slot(word.Load()); s.frequency() > 0 {
			word.Store(uint64(s.withFrequency(s.frequency() / 2)))
		}
	}
}
