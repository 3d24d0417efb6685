package lru

// evictUsedLocked evicts, of a step of the oldest chunk of a log, the records that were
// not used. The others have another round.
func (p *part) evictUsedLocked(ch *chunk, rules *rules, now int64, spare bool) {
	for r := range p.stepLocked(ch.log) {
		s := slot(r.word.Load())
		if spare && s.uses() > 0 && !r.expired(now) {
			p.countLocked(1)
			r.word.Store(uint64(s.counted(rules.left(s.uses()))))
			continue
		}
		p.evictLocked(r, now)
	}
	if ch.log.emptied == ch.fill {
		p.rotateLocked(ch)
	}
}

// evictLocked removes a record from the index.
func (p *part) evictLocked(r *record, now int64) {
	p.cache.index.remove(r.hash, newSlot(r.hash, r.chunk.id, r.off))
	p.droppedLocked(r.stored, r.off, now)
	if !r.expired(now) {
		p.evictions++
	}
}

// mostDead is what part of a chunk may be dead that has another round as it is.
const mostDead = 64

// rotateLocked gives a chunk of a log another round: as it is, or only
// what is alive in it.
func (p *part) rotateLocked(ch *chunk) {
	l := ch.log
	switch {
	case ch.live == 0:
		p.closeLocked(ch)
	case ch.dead <= uint32(len(ch.data)/mostDead):
		active := l.active
		p.leaveLocked(ch)
		l.take(ch)
		if active != ch {
			l.active = active
		}
	default:
		if l.active == ch {
			l.active = nil
		}
		for r := range p.recordsLocked(ch) {
			p.moveLocked(r, l)
		}
		p.closeLocked(ch)
	}
}

// closeLocked drops a chunk in which nothing is alive.
func (p *part) closeLocked(ch *chunk) {
	p.leaveLocked(ch)
	ch.log.remove(ch)
	p.forgetLocked(ch)
}

// forgetLocked sees to it that the collector can free a chunk that is in no log any more.
func (p *part) forgetLocked(ch *chunk) {
	p.cache.index.chunks.remove(ch)
	if p.hand.chunk == ch {
		p.hand = hand{}
	}
}

// moveLocked copies a record to the end of a log. Its place is taken by the time
// its chunk goes.
func (p *part) moveLocked(r *record, into *log) {
	size := int(r.end - r.off)
	if !into.hasRoom(size) {
		p.openLocked(into, into.newChunk(size), size)
	}
	to := into.active
	if into.alone(size) {
		to = into.newest
	}
	p.copyLocked(r, to)
}

// copyLocked copies a record to the end of a chunk with room for it.
func (p *part) copyLocked(r *record, to *chunk) {
	off := to.fill
	size := copy(to.data[off:], r.chunk.data[r.off:r.end])
	to.addedLocked(size, r.expire())
	s := slot(r.word.Load())
	r.word.Store(uint64(s&^placeMask | newSlot(r.hash, to.id, off)))
	r.chunk.dead += uint32(size)
	r.chunk.live--
}

// addedLocked notes that a record was added.
func (p *part) addedLocked(kind Kind, size int) {
	p.usageLocked(kind).add(size)
	if kind == Hot {
		p.cache.hotEntries.Add(1)
	}
}

// droppedLocked notes that the index has a record no more. Whatever the reason,
// one that goes after its time counts as expired.
func (p *part) droppedLocked(r stored, off uint32, now int64) {
	size := r.end - off
	r.chunk.dead += size
	r.chunk.live--
	p.usageLocked(r.kind()).remove(int(size))
	if r.kind() == Hot {
		p.cache.hotEntries.Add(-1)
	}
	if r.expired(now) {
		p.expirations++
	}
}

// settleLocked frees a chunk if nothing is alive in it, or else the rest of it if
// more than half is dead.
func (p *part) settleLocked(ch *chunk) { p.tidyLocked(ch, len(ch.data)/2) }

// tidyLocked frees a chunk to which no records are appended if nothing is alive in
// it, or else the rest of it if more than so many bytes are dead.
func (p *part) tidyLocked(ch *chunk, most int) {
	switch {
	case ch == ch.log.active:
	case ch.live == 0:
		p.closeLocked(ch)
	case ch == ch.log.oldest && ch.log.emptied > 0: // soon all of it goes
	case int(ch.dead) > most:
		p.compactLocked(ch)
	}
}

// compactLocked puts what is alive in a chunk into one that is just long enough,
// at the same place in the log.
func (p *part) compactLocked(ch *chunk) {
	p.changes++
	short := newChunkOf(int(ch.fill-ch.dead) + leastRecord) // the last record may be a short one
	p.cache.index.chunks.add(short)
	ch.log.replace(ch, short)
	for r := range p.recordsLocked(ch) {
		p.copyLocked(r, short)
	}
	if p.swept.chunk == ch {
		p.swept.chunk = short
	}
	p.forgetLocked(ch)
}
