package lru

import (
	"iter"
	"sync/atomic"
)

// A record is one that a walk over a chunk found.
type record struct {
	stored
	off  uint32
	hash uint64
	word *atomic.Uint64 // its slot; nil if it is dead
}

func (p *part) recordLocked(ch *chunk, off uint32) (r record) {
	p.readLocked(&r, ch, off)
	r.word = p.cache.index.locate(r.hash, ch, off)
	return r
}

// readLocked fills in a record, but for its slot, and prefetches what it takes to find that and to drop it.
func (p *part) readLocked(r *record, ch *chunk, off uint32) {
	r.stored, r.off = stored{ch, ch.at(off)}, off
	r.hash = p.cache.index.hashBytes(r.keyBytes())
	p.cache.index.prefetch(r.hash)
	p.ghosts.prefetch(r.hash)
}

// ahead is how many records a walk reads before it looks for the first one's slot:
// so what it needs comes from memory all at once.
const ahead = 8

// recordsLocked yields the records of a chunk that are alive. The body may drop or
// move the one it was given.
func (p *part) recordsLocked(ch *chunk) iter.Seq[*record] {
	off := uint32(0)
	return p.recordsFromLocked(ch, &off, ch.fill)
}

// stepBytes is how much of a chunk is emptied at a time, so that who waits for the part's mutex waits for microseconds.
const stepBytes = 8 << 10

// stepLocked yields the records that are alive of the next stretch of a log's oldest chunk, and notes that it was emptied.
func (p *part) stepLocked(l *log) iter.Seq[*record] {
	return p.recordsFromLocked(l.oldest, &l.emptied, min(l.emptied+stepBytes, l.oldest.fill))
}

// recordsFromLocked yields those that begin at off or behind it, and before to, and moves off along.
func (p *part) recordsFromLocked(ch *chunk, off *uint32, to uint32) iter.Seq[*record] {
	return func(yield func(*record) bool) {
		var records [ahead]record
		read, yielded := 0, 0 // records[n%ahead] is the n-th
		for *off < to || yielded < read {
			for ; read < yielded+ahead && *off < to; read++ {
				r := &records[read%ahead]
				p.readLocked(r, ch, *off)
				*off = r.end
			}
			r := &records[yielded%ahead]
			yielded++
			r.word = p.cache.index.locate(r.hash, ch, r.off)
			if r.word != nil && !yield(r) {
				return
			}
		}
	}
}

// countLocked counts uses, and halves frequencies a shard at a time.
func (p *part) countLocked(uses int) {
	p.counted += uses
	entries := max(p.owned.Entries, leastAged)
	if p.counted*p.shards() < agingPeriod*entries {
		return
	}
	p.counted = 0
	p.aged++
	p.shard(p.aged).age()
	p.ghosts.age(len(p.ghosts.buckets)/p.shards() + 1)
}

// age halves the frequencies of all slots in a shard.
func (s *shard) age() {
	for word := range s.table.Load().words() {
		if s := slot(word.Load()); s.frequency() > 0 {
			word.Store(uint64(s.withFrequency(s.frequency() / 2)))
		}
	}
}
