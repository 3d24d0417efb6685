package lru

import "math"

// maxSpared is how many bytes of chunks one store may empty with regard to what was
// used in them. Without this bound, a store into a large cache whose entries are
// all used would walk over every one of them.
const maxSpared = 32 * maxChunk

// heapShare is what part of a budget is left to the heap: for what it takes to know what is where, and for spans that are not full.
// In ten minutes of sizes at random that came to a twentieth.
const heapShare = 64

// promisedParts says which part of the budget is enough to be promised at a time.
const promisedParts = 16

// bytes returns what the cache takes of its budget.
func (c *Cache) bytes() int64 {
	n := c.index.bytes.Load() + int64(len(c.index.shards))*shardCost + c.ghostBytes.Load() + c.trials.cost()
	for kind := range c.queues {
		n += c.queues[kind].bytes.Load()
	}
	return n
}

// spaceLocked returns a chunk of a log with room for a record. It evicts until
// that, and more bytes elsewhere, are within the budget. While it waits and evicts, it
// gives the mutex away. What it promised is kept when the record is stored.
func (p *part) spaceLocked(into *log, size int, more, now int64) (ch *chunk, promised int64) {
	fresh, promised := p.promiseLocked(into, size, more)
	var ofHot int64 // bytes needed that are of hot copies
	if fresh != nil && into == &p.logs[hot] {
		ofHot = fresh.cost() + EntryOverhead
	}
	p.makeRoomLocked(ofHot, now)
	switch {
	case into.hasRoom(size):
		return into.active, promised
	case fresh == nil: // the active chunk was evicted: another is needed, and was not promised
		p.cache.promised.keep(promised)
		return p.spaceLocked(into, size, more, now)
	}
	p.openLocked(into, fresh, size)
	return fresh, promised
}

// promiseLocked promises more bytes, and those of a fresh chunk if a log has no room
// for a record. It waits until it may.
func (p *part) promiseLocked(into *log, size int, more int64) (fresh *chunk, need int64) {
	promised := &p.cache.promised
	for {
		if need = more; !into.hasRoom(size) {
			need += int64(size)
		}
		if promised.add(need) {
			break
		}
		p.changes++
		p.mu.Unlock()
		promised.wait()
		p.lock()
	}
	if into.hasRoom(size) {
		return nil, need
	}
	fresh = into.newChunk(size) // not before, for those who wait would have one each
	promised.bytes.Add(fresh.cost() - int64(size))
	return fresh, need + fresh.cost() - int64(size)
}

// openLocked adds a new chunk to a log, for records of that size.
func (p *part) openLocked(into *log, fresh *chunk, size int) {
	p.cache.index.chunks.add(fresh)
	sealed := into.active
	into.push(fresh)
	if into.alone(size) {
		return
	}
	into.active = fresh
	if sealed != nil {
		p.settleLocked(sealed)
	}
}

// makeRoomLocked evicts until what was promised is within the budget, and so many bytes
// more of hot copies within their share.
func (p *part) makeRoomLocked(ofHot, now int64) {
	c := p.cache
	if c.fits() && (ofHot == 0 || c.hotFits(ofHot)) {
		return
	}
	p.changes++
	p.mu.Unlock()
	defer p.lock()
	if ofHot > 0 {
		c.limitHot(ofHot, now)
	}
	c.makeRoom(now)
}

// limit evicts what is beyond the budget, or beyond the share of hot copies. After a
// store that may be: while it had given the mutex away, others may have taken room that
// it found and did not promise.
func (c *Cache) limit(now int64) {
	c.limitHot(0, now)
	c.makeRoom(now)
}

// fits reports whether what is taken and what was promised is within the budget. What
// becomes of a promise meanwhile may count twice, but is not left out.
func (c *Cache) fits() bool {
	promised := c.promised.bytes.Load()
	return promised+c.bytes() <= c.mayTake && !c.index.chunks.full()
}

// hotFits reports whether so many bytes more of hot copies are within their share. One
// that is there alone always is.
func (c *Cache) hotFits(more int64) bool {
	entries := c.hotEntries.Load()
	return more == 0 && entries <= 1 || c.queues[hot].bytes.Load()+entries*EntryOverhead+more <= c.hotBytes
}

// limitHot evicts hot copies until so many bytes more are within their share.
func (c *Cache) limitHot(more, now int64) {
	for spared := int64(0); !c.hotFits(more); {
		emptied := c.evictOldest(hot, now, spared < maxSpared)
		if emptied == 0 {
			return
		}
		spared += emptied
	}
}

// makeRoom evicts until what was promised is within the budget. No part's mutex
// is held.
func (c *Cache) makeRoom(now int64) {
	for spared := int64(0); !c.fits(); {
		if c.expires.Load() && c.sweep(now) {
			continue
		}
		emptied := c.evict(now, spared < maxSpared)
		if emptied == 0 {
			return
		}
		spared += emptied
	}
}

// evict empties a step of a chunk, sparing what was used or not, and returns about how long that was, 0 if there was none.
func (c *Cache) evict(now int64, spare bool) int64 {
	ofSmall, ofMain := c.queues[small].bytes.Load(), c.queues[main].bytes.Load()
	notFull := int64(len(c.parts) * c.queues[small].chunkBytes) // at most, of chunks that records are appended to
	least := int64(float64(ofSmall+ofMain)*c.trials.rules().share) + notFull
	if c.trials.rules().gated {
		// Such rules leave the main queue as it is: an entry larger than the small one's share must not drive out what has proved itself.
		// But no chunk is evicted that records are appended to: who does that would take another, and evict the next one.
		least = 2 * notFull
	}
	order := [...]int{demoted, main, small, hot}
	if ofSmall > least {
		order = [...]int{demoted, small, main, hot}
	}
	for _, kind := range order {
		if emptied := c.evictOldest(kind, now, spare); emptied > 0 {
			return emptied
		}
	}
	return 0
}

// evictOldest empties a step of the oldest chunk of a kind.
func (c *Cache) evictOldest(kind int, now int64, spare bool) int64 {
	p := c.lockOldest(kind)
	if p == nil {
		return 0
	}
	defer p.mu.Unlock()
	ch := p.logs[kind].oldest
	if ch == nil {
		return 1 // somebody else was faster
	}
	p.changes++
	emptied := min(ch.cost(), stepBytes)
	if kind == small {
		p.evictSmallLocked(ch, c.trials.rules(), now, spare)
	} else {
		p.evictUsedLocked(ch, c.trials.rules(), now, spare && kind != demoted)
	}
	return emptied
}

// lockOldest locks the part that has the oldest chunk of a kind, and returns nil if none has any. Of parts whose mutexes are held,
// by others who evict, it takes the next: to wait would take longer than to evict does.
func (c *Cache) lockOldest(kind int) *part {
	oldest, age := c.oldest(kind, 0)
	for p := oldest; p != nil; p, age = c.oldest(kind, age) {
		if p.mu.TryLock() {
			return p
		}
	}
	if oldest != nil {
		oldest.lock()
	}
	return oldest
}

// oldest returns the part that has the oldest chunk of a kind, of those that are younger than after, or nil if none has any.
func (c *Cache) oldest(kind int, after uint64) (oldest *part, least uint64) {
	least = math.MaxUint64
	for i := range c.parts {
		if age := c.parts[i].logs[kind].head.Load(); age > after && age < least {
			oldest, least = &c.parts[i], age
		}
	}
	return oldest, least
}
