package lru

import "time"

// set stores a record in place of the one that its key had.
func (p *part) set(hash uint64, key string, d *draft, now int64) {
	c := p.cache
	p.lock()
	defer p.mu.Unlock()
	p.ghosts.prefetch(hash)
	p.tendLocked(now)
	old, known := c.index.find(hash, key)
	into, uses := p.destinyLocked(hash, d.kind(), &old, known)
	var growth int64
	if !known {
		growth = c.index.growth(hash)
		if d.kind() != Hot {
			c.trials.access(hash)
		}
	}
	changed := p.changes
	ch, promised := p.spaceLocked(into, d.size(), growth, now)
	defer c.promised.keep(promised)
	if p.changes != changed {
		old, _ = c.index.find(hash, key)
	}
	p.storeLocked(ch, hash, d, uses, &old, now)
}

// demote is Demote, in the part of the key.
func (p *part) demote(hash uint64, key string, ttl time.Duration) bool {
	c := p.cache
	p.lock()
	defer p.mu.Unlock()
	for found := false; ; found = true {
		m, ok := c.index.find(hash, key)
		if !ok || m.kind() != Owned {
			return found
		}
		var e Entry
		ok = c.fill(&e, m.stored)
		now := c.now() // later than what e.TTL is counted from
		if !ok || m.expired(now) {
			return found
		}
		if ttl <= 0 {
			p.removeLocked(hash, &m, now)
			return true
		}
		if e.TTL = ttl; m.flags&flagExpires != 0 {
			e.TTL = min(ttl, time.Duration(m.expire()-now))
		} else {
			c.expires.Store(true)
		}
		d, changed := newDraft(key, &e, now, c.base), p.changes
		ch, promised := p.spaceLocked(&p.logs[demoted], d.size(), 0, now)
		if p.changes == changed {
			p.storeLocked(ch, hash, &d, 0, &m, now)
			c.promised.keep(promised)
			return true
		}
		c.promised.keep(promised)
		p.settleLocked(ch) // the entry may be another by now: look again
	}
}

// destinyLocked returns the log for an entry, and the uses that its slot begins
// with: what the key has earned, it keeps.
func (p *part) destinyLocked(hash uint64, kind Kind, old *match, known bool) (*log, slot) {
	if known && old.kind() == kind && old.chunk.log != &p.logs[demoted] {
		return old.chunk.log, old.slot &^ placeMask
	}
	if kind == Hot {
		return &p.logs[hot], 0
	}
	frequency, recent := p.ghosts.take(hash)
	p.countLocked(1)
	s := slot(0).withFrequency(min(frequency+1, maxFrequency))
	if p.cache.trials.rules().welcomes(frequency, recent) {
		return &p.logs[main], s
	}
	return &p.logs[small], s
}

// storeLocked stores a record in a chunk with room for it, in place of the one that
// its key had, if old has a word. The slot says with which uses.
func (p *part) storeLocked(ch *chunk, hash uint64, d *draft, s slot, old *match, now int64) {
	size := d.size()
	s |= newSlot(hash, ch.id, ch.fill)
	d.appendTo(ch.data[:ch.fill])
	ch.addedLocked(size, d.expire)
	p.addedLocked(d.kind(), size)
	if old.word == nil {
		p.cache.index.insert(hash, s)
		return
	}
	old.word.Store(uint64(s))
	p.droppedLocked(old.stored, old.slot.off(), now)
	p.settleLocked(old.chunk)
}

func (p *part) removeLocked(hash uint64, m *match, now int64) {
	p.cache.index.remove(hash, m.slot)
	p.droppedLocked(m.stored, m.slot.off(), now)
	p.settleLocked(m.chunk)
}
