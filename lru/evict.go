package lru

// maxSpared is how many bytes of chunks one store may empty with regard to what was
// used in them. Without this bound, a store into a large cache whose entries are
// all used would walk over every one of them with the lock held.
const maxSpared = 32 * maxChunk

// bytesLocked returns what the cache takes of its budget.
func (c *Cache) bytesLocked() int64 {
	n := c.index.bytes + int64(len(c.index.shards))*shardCost + c.ghosts.cost() + c.trials.cost()
	return n + c.small.bytes + c.main.bytes + c.hot.bytes + c.demoted.bytes
}

// spaceLocked returns a chunk of a log with room for a record. It evicts until
// that, and more bytes elsewhere, are within the budget.
func (c *Cache) spaceLocked(into *log, size int, more, now int64) *chunk {
	var fresh *chunk
	need := more
	if !into.hasRoom(size) {
		fresh = into.newChunk(size)
		need += fresh.cost()
		if into == &c.hot {
			c.limitHotLocked(fresh.cost()+EntryOverhead, now)
		}
	}
	if need > 0 {
		c.makeRoomLocked(need, now)
	}
	if into.hasRoom(size) {
		return into.active
	}
	if fresh == nil { // the active chunk was evicted
		fresh = into.newChunk(size)
	}
	c.openLocked(into, fresh, size)
	return fresh
}

// openLocked adds a new chunk to a log, for records of that size.
func (c *Cache) openLocked(into *log, fresh *chunk, size int) {
	c.index.chunks.add(fresh)
	sealed := into.active
	into.push(fresh)
	if into.alone(size) {
		return
	}
	into.active = fresh
	if sealed != nil {
		c.settleLocked(sealed)
	}
}

// limitHotLocked evicts hot copies until so many bytes more are within their share.
func (c *Cache) limitHotLocked(need, now int64) {
	for spared := int64(0); c.hot.oldest != nil; {
		if c.hot.bytes+int64(c.hotUsage.Entries)*EntryOverhead+need <= c.hotBytes {
			return
		}
		c.emptied++
		ch := c.hot.oldest
		c.evictUsedLocked(ch, now, spared < maxSpared)
		spared += ch.cost()
	}
}

// makeRoomLocked evicts until so many bytes more are within the budget.
func (c *Cache) makeRoomLocked(need, now int64) {
	for spared := int64(0); c.bytesLocked()+need > c.maxBytes || c.index.chunks.full(); {
		c.emptied++
		if c.expires.Load() && c.sweepLocked(sweepMost, now) {
			continue
		}
		emptied := c.evictChunkLocked(now, spared < maxSpared)
		if emptied == 0 {
			return
		}
		spared += emptied
	}
}

// evictChunkLocked empties a chunk, sparing what was used or not, and returns what
// that takes, 0 if there was none.
func (c *Cache) evictChunkLocked(now int64, spare bool) int64 {
	rules := c.trials.rules()
	smallMost := int64(float64(c.small.bytes+c.main.bytes) * rules.share)
	if ch := c.small.oldest; c.demoted.oldest == nil && ch != nil && (c.small.bytes > smallMost || c.main.oldest == nil) {
		cost := ch.cost()
		c.evictSmallLocked(ch, rules, now, spare)
		return cost
	}
	for _, l := range []*log{&c.demoted, &c.main, &c.hot} {
		if ch := l.oldest; ch != nil {
			cost := ch.cost()
			c.evictUsedLocked(ch, now, spare && l != &c.demoted)
			return cost
		}
	}
	return 0
}

// evictUsedLocked evicts the records of the oldest chunk of a log that were not
// used, and gives the others another round.
func (c *Cache) evictUsedLocked(ch *chunk, now int64, spare bool) {
	for r := range c.recordsLocked(ch) {
		s := slot(r.word.Load())
		if spare && s.uses() > 0 && !r.expired(now) {
			c.countLocked(1)
			r.word.Store(uint64(s.counted(s.uses() - 1)))
			continue
		}
		c.evictLocked(&r, now)
	}
	c.rotateLocked(ch)
}

// evictLocked removes a record from the index.
func (c *Cache) evictLocked(r *record, now int64) {
	c.index.remove(r.hash, slot(r.word.Load()))
	c.droppedLocked(&r.header, r.chunk, r.off, now)
	if !r.expired(now) {
		c.evictions++
	}
}

// rotateLocked gives the oldest chunk of a log another round: as it is, or only
// what is alive in it.
func (c *Cache) rotateLocked(ch *chunk) {
	l := ch.log
	switch {
	case ch.live == 0:
		c.closeLocked(ch)
	case ch.dead <= uint32(len(ch.data)/16):
		active := l.active
		l.remove(ch)
		l.push(ch)
		if active != ch {
			l.active = active
		}
	default:
		if l.active == ch {
			l.active = nil
		}
		for r := range c.recordsLocked(ch) {
			c.moveLocked(&r, l)
		}
		c.closeLocked(ch)
	}
}

// closeLocked drops a chunk in which nothing is alive.
func (c *Cache) closeLocked(ch *chunk) {
	ch.log.remove(ch)
	c.index.chunks.remove(ch)
}

// moveLocked copies a record to the end of a log. Its place is taken by the time
// its chunk goes.
func (c *Cache) moveLocked(r *record, into *log) {
	size := int(r.end - r.off)
	if !into.hasRoom(size) {
		c.openLocked(into, into.newChunk(size), size)
	}
	to := into.active
	if into.alone(size) {
		to = into.newest
	}
	c.copyLocked(r, to)
}

// copyLocked copies a record to the end of a chunk with room for it.
func (c *Cache) copyLocked(r *record, to *chunk) {
	off := to.fill
	size := copy(to.data[off:], r.chunk.data[r.off:r.end])
	to.addedLocked(size, r.expire)
	s := slot(r.word.Load())
	r.word.Store(uint64(s&^placeMask | newSlot(r.hash, to.id, off)))
	r.chunk.dead += uint32(size)
	r.chunk.live--
}

// droppedLocked notes that the index has a record no more. Whatever the reason,
// one that goes after its time counts as expired.
func (c *Cache) droppedLocked(h *header, ch *chunk, off uint32, now int64) {
	size := h.end - off
	ch.dead += size
	ch.live--
	c.usageLocked(h.kind()).remove(int(size))
	if h.expired(now) {
		c.expirations++
	}
}

// settleLocked frees a chunk if nothing is alive in it, or else the rest of it if
// more than half is dead.
func (c *Cache) settleLocked(ch *chunk) { c.tidyLocked(ch, len(ch.data)/2) }

// tidyLocked frees a chunk to which no records are appended if nothing is alive in
// it, or else the rest of it if more than so many bytes are dead.
func (c *Cache) tidyLocked(ch *chunk, most int) {
	switch {
	case ch == ch.log.active:
	case ch.live == 0:
		c.closeLocked(ch)
	case int(ch.dead) > most:
		c.compactLocked(ch)
	}
}

// compactLocked puts what is alive in a chunk into one that is just long enough,
// at the same place in the log.
func (c *Cache) compactLocked(ch *chunk) {
	c.emptied++
	small := newChunkOf(int(ch.fill - ch.dead))
	c.index.chunks.add(small)
	ch.log.replace(ch, small)
	for r := range c.recordsLocked(ch) {
		c.copyLocked(&r, small)
	}
	c.index.chunks.remove(ch)
}
