package lru

const (
	// sweepEvery is after how many stores one chunk is looked at for what has
	// expired, so that a walk over it costs each of them little.
	sweepEvery = 8

	// sweepMost is how many chunks of all parts are looked at before live entries are evicted.
	sweepMost = 256

	// fitEvery is after how many stores the ghosts, the trials and one shard of the index
	// are made as large as they should be. Ghosts take their room before any go, or else many entries
	// would have to make room for them at once.
	fitEvery = 64

	// sweepSteps bounds how often a chunk is walked over: between two walks lies at
	// least that part of the time that its last record has yet to live.
	sweepSteps = 16
)

// tendLocked does what is to be done once in a while: it looks at another chunk,
// and drops what has expired in it.
func (p *part) tendLocked(now int64) {
	if p.stores++; p.stores%sweepEvery != 0 {
		return
	}
	if p.stores%fitEvery == 0 {
		p.fitGhostsLocked(p.owned.Entries)
		p.fitTrialsLocked()
		p.fitted++
		p.cache.index.fit(p.shard(p.fitted), fitLoad)
	}
	if p.cache.expires.Load() {
		p.sweepLocked(1, now)
	}
}

// fitTrialsLocked makes the trials as large as what the cache would hold if it were
// full of entries such as it has.
func (p *part) fitTrialsLocked() {
	c := p.cache
	p.told.Store(int64(p.owned.Entries))
	var entries int64
	for i := range c.parts {
		entries += c.parts[i].told.Load()
	}
	ofHot := c.queues[hot].bytes.Load()
	owned := max(c.bytes()-ofHot, 1)
	c.trials.fit(int(float64(entries) / float64(owned) * float64(c.maxBytes-ofHot)))
}

// sweep looks at the next chunks of each part, and drops what has expired in the
// first of them where it is time for that. It reports whether there was one.
func (c *Cache) sweep(now int64) bool {
	for i := range c.parts {
		if c.parts[i].sweep(now) {
			return true
		}
	}
	return false
}

func (p *part) sweep(now int64) bool {
	p.lock()
	defer p.mu.Unlock()
	return p.sweepLocked(sweepMost/len(p.cache.parts), now)
}

func (p *part) sweepLocked(chunks int, now int64) bool {
	for range chunks {
		ch := p.nextSweptLocked()
		if ch == nil {
			break
		}
		if at := ch.sweepAt; at != 0 && at <= now {
			p.sweepChunkLocked(ch, now)
			return true
		}
	}
	return false
}

// A place is one in the queues of a part: a chunk, or before all chunks of that kind.
type place struct {
	kind  int
	chunk *chunk
}

// nextSweptLocked returns the chunk after the one that was looked at last, log by log: nil
// after the last, and then the first again.
func (p *part) nextSweptLocked() *chunk {
	for at := &p.swept; at.kind < len(p.logs); *at = (place{kind: at.kind + 1}) {
		next := p.logs[at.kind].oldest
		if at.chunk != nil {
			next = at.chunk.next
		}
		if next != nil {
			at.chunk = next
			return next
		}
	}
	p.swept = place{}
	return nil
}

// leaveLocked sees to it that the sweep goes on at the same place when a chunk leaves it.
func (p *part) leaveLocked(ch *chunk) {
	if p.swept.chunk == ch {
		p.swept.chunk = ch.prev
	}
}

// sweepChunkLocked drops what has expired in a chunk.
func (p *part) sweepChunkLocked(ch *chunk, now int64) {
	ch.due, ch.sweepAt = 0, 0
	var last int64
	for r := range p.recordsLocked(ch) {
		if r.expired(now) {
			p.expireLocked(r, now)
			continue
		}
		expire := r.expire()
		ch.expiresLocked(expire)
		last = max(last, expire)
	}
	if ch.due != 0 {
		ch.sweepAt = max(ch.due, now+(last-now)/sweepSteps)
	}
	p.tidyLocked(ch, len(ch.data)/4)
}

// expireLocked drops a record that has expired. One of the main queue leaves a ghost,
// because a key that is loaded anew when it expires is no new key.
func (p *part) expireLocked(r *record, now int64) {
	if r.chunk.log == &p.logs[main] {
		p.ghosts.add(r.hash, slot(r.word.Load()).counted(0).frequency())
	}
	p.cache.index.remove(r.hash, newSlot(r.hash, r.chunk.id, r.off))
	p.droppedLocked(r.stored, r.off, now)
}

// lockSwept locks p.mu when nothing that has expired is left. The caller unlocks it.
func (p *part) lockSwept() {
	p.lock()
	for p.sweepDueLocked() {
		p.mu.Unlock() // a moment for the writers who wait
		p.lock()
	}
}

// sweepDueLocked drops what has expired in one chunk, and reports whether there was one.
func (p *part) sweepDueLocked() bool {
	now := p.cache.now()
	for kind := range p.logs {
		for ch := range p.logs[kind].chunks() {
			if ch.due != 0 && ch.due <= now {
				p.sweepChunkLocked(ch, now)
				return true
			}
		}
	}
	return false
}
