package lru

import "math"

// maxSpared is how many bytes of chunks one store may empty with regard to what was
// used in them. Without this bound, a store into a large cache whose entries are
// all used would walk over every one of them.
const maxSpared = 32 * maxChunk

// bytes returns what the cache takes of its budget.
func (c *Cache) bytes() int64 {
	n := c.index.bytes.Load() + int64(len(c.index.shards))*shardCost + c.ghostBytes.Load() + c.trials.cost()
	for kind := range c.queues {
		n += c.queues[kind].bytes.Load()
	}
	return n
}

// spaceLocked returns a chunk of a log with room for a record. It evicts until
// that, and more bytes elsewhere, are within the budget. While it evicts, it gives
// the mutex away.
func (p *part) spaceLocked(into *log, size int, more, now int64) *chunk {
	var fresh *chunk
	var ofHot int64 // bytes needed that are of hot copies
	need := more
	if !into.hasRoom(size) {
		fresh = into.newChunk(size)
		need += fresh.cost()
		if into == &p.logs[hot] {
			ofHot = fresh.cost() + EntryOverhead
		}
	}
	if need > 0 {
		p.makeRoomLocked(ofHot, need, now)
		defer p.cache.promised.Add(-need)
	}
	if into.hasRoom(size) {
		return into.active
	}
	if fresh == nil { // the active chunk was evicted
		fresh = into.newChunk(size)
	}
	p.openLocked(into, fresh, size)
	return fresh
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

// makeRoomLocked promises bytes, and evicts until they are within the budget, and
// those of hot copies within their share.
func (p *part) makeRoomLocked(ofHot, need, now int64) {
	c := p.cache
	promised := c.promised.Add(need)
	if c.bytes()+promised <= c.maxBytes && c.hotFits(ofHot) && !c.index.chunks.full() {
		return
	}
	p.changes++
	p.mu.Unlock()
	defer p.mu.Lock()
	c.limitHot(ofHot, now)
	c.makeRoom(now)
}

// hotFits reports whether so many bytes more of hot copies are within their share, or none.
func (c *Cache) hotFits(more int64) bool {
	return more == 0 || c.queues[hot].bytes.Load()+c.hotEntries.Load()*EntryOverhead+more <= c.hotBytes
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
	for spared := int64(0); c.bytes()+c.promised.Load() > c.maxBytes || c.index.chunks.full(); {
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

// evict empties a chunk, sparing what was used or not, and returns what that takes, 0 if there was none.
func (c *Cache) evict(now int64, spare bool) int64 {
	inSmall, inMain := c.queues[small].bytes.Load(), c.queues[main].bytes.Load()
	order := [...]int{demoted, main, small, hot}
	if float64(inSmall) > float64(inSmall+inMain)*c.trials.rules().share {
		order = [...]int{demoted, small, main, hot}
	}
	for _, kind := range order {
		if emptied := c.evictOldest(kind, now, spare); emptied > 0 {
			return emptied
		}
	}
	return 0
}

// evictOldest empties the oldest chunk of a kind.
func (c *Cache) evictOldest(kind int, now int64, spare bool) int64 {
	p := c.oldest(kind)
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	ch := p.logs[kind].oldest
	if ch == nil {
		return 1 // somebody else was faster
	}
	p.changes++
	cost := ch.cost()
	if kind == small {
		p.evictSmallLocked(ch, c.trials.rules(), now, spare)
	} else {
		p.evictUsedLocked(ch, c.trials.rules(), now, spare && kind != demoted)
	}
	return cost
}

// oldest returns the part that has the oldest chunk of a kind, or nil if none has any.
func (c *Cache) oldest(kind int) (oldest *part) {
	least := uint64(math.MaxUint64)
	for i := range c.parts {
		if age := c.parts[i].logs[kind].head.Load(); age != 0 && age < least {
			oldest, least = &c.parts[i], age
		}
	}
	return oldest
}
