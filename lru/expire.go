package lru

const (
	// sweepEvery is after how many stores one chunk is looked at for what has
	// expired, so that a walk over it costs each of them little.
	sweepEvery = 8

	// sweepMost is how many chunks are looked at before live entries are evicted.
	sweepMost = 256

	// fitEvery is after how many stores the ghosts and the trials are made as large
	// as they should be. Ghosts take their room before any go, or else many entries
	// would have to make room for them at once.
	fitEvery = 64

	// sweepSteps bounds how often a chunk is walked over: between two walks lies at
	// least that part of the time that its last record has yet to live.
	sweepSteps = 16
)

// tendLocked does what is to be done once in a while: it looks at another chunk,
// and drops what has expired in it.
func (c *Cache) tendLocked(now int64) {
	if c.stores++; c.stores%sweepEvery != 0 {
		return
	}
	if c.stores%fitEvery == 0 {
		c.ghosts.fit(c.owned.Entries)
		owned := c.bytesLocked() - c.hot.bytes
		c.trials.fit(int(float64(c.owned.Entries) / float64(max(owned, 1)) * float64(c.maxBytes-c.hot.bytes)))
	}
	c.sweepLocked(1, now)
}

// sweepLocked looks at the next chunks, and drops what has expired in the first of
// them where it is time for that. It reports whether there was one.
func (c *Cache) sweepLocked(chunks int, now int64) bool {
	table := *c.index.chunks.table.Load()
	for range min(chunks, len(table)) {
		if c.swept++; int(c.swept) >= len(table) {
			c.swept = 0
		}
		if ch := table[c.swept].Load(); ch != nil && ch.sweepAt != 0 && ch.sweepAt <= now {
			c.sweepChunkLocked(ch, now)
			return true
		}
	}
	return false
}

// sweepChunkLocked drops what has expired in a chunk.
func (c *Cache) sweepChunkLocked(ch *chunk, now int64) {
	ch.due, ch.sweepAt = 0, 0
	var last int64
	for r := range c.recordsLocked(ch) {
		if r.expired(now) {
			c.expireLocked(&r, now)
			continue
		}
		ch.expiresLocked(r.expire)
		last = max(last, r.expire)
	}
	if ch.due != 0 {
		ch.sweepAt = max(ch.due, now+(last-now)/sweepSteps)
	}
	c.tidyLocked(ch, len(ch.data)/4)
}

// expireLocked drops a record that has expired. One of the main queue leaves a ghost,
// because a key that is loaded anew when it expires is no new key.
func (c *Cache) expireLocked(r *record, now int64) {
	s := slot(r.word.Load())
	if r.chunk.log == &c.main {
		c.ghosts.add(r.hash, s.counted(0).frequency())
	}
	c.index.remove(r.hash, s)
	c.droppedLocked(&r.header, r.chunk, r.off, now)
}

// lockSwept locks c.mu when nothing that has expired is left. The caller unlocks it.
func (c *Cache) lockSwept() {
	c.mu.Lock()
	for id := 0; ; id++ {
		table := *c.index.chunks.table.Load()
		if id >= len(table) {
			return
		}
		if ch := table[id].Load(); ch != nil && ch.due != 0 && ch.due <= c.now() {
			c.sweepChunkLocked(ch, c.now())
			c.mu.Unlock() // a moment for the writers who wait
			c.mu.Lock()
		}
	}
}
