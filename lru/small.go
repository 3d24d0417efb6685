package lru

// evictSmallLocked empties the oldest chunk of the small queue: what rules let into
// the main queue moves there, the rest is evicted and leaves ghosts.
func (c *Cache) evictSmallLocked(ch *chunk, rules *rules, now int64, spare bool) {
	// While the small queue is far above its share, the main one has room.
	open := c.small.bytes-2*ch.cost() > int64(float64(c.small.bytes+c.main.bytes)*rules.share)
	if c.small.active == ch {
		c.small.active = nil
	}
	for r := range c.recordsLocked(ch) {
		s := slot(r.word.Load())
		if r.expired(now) {
			c.evictLocked(&r, now)
			continue
		}
		uses := s.uses()
		c.countLocked(int(uses))
		s = s.counted(0)
		if spare && (open && rules.gated || c.mayStayLocked(uses, s.frequency(), rules, now)) {
			r.word.Store(uint64(s))
			if ch.live == 1 && ch.dead == 0 {
				c.small.remove(ch)
				c.main.push(ch)
				return
			}
			c.moveLocked(&r, &c.main)
			continue
		}
		c.ghosts.add(r.hash, s.frequency())
		c.evictLocked(&r, now)
	}
	c.closeLocked(ch)
}

// mayStayLocked reports whether a record that was used so often moves to the main
// queue, and evicts another there if the rules ask for that.
func (c *Cache) mayStayLocked(uses, frequency uint8, rules *rules, now int64) bool {
	if !rules.gated {
		return uses >= rules.promote
	}
	for range maxVictims {
		victim, ok := c.victimLocked(now)
		if !ok {
			return true
		}
		s := slot(victim.word.Load())
		c.countLocked(int(s.uses()))
		if s.uses() < maxUses && admits(frequency, s.counted(0).frequency()) {
			c.evictLocked(&victim, now)
			return true
		}
		victim.word.Store(uint64(s.counted(0)))
		if s.uses() < maxUses {
			return false
		}
	}
	return false
}

// A hand points to the record of the main queue that is compared next with a
// candidate. It goes round.
type hand struct {
	chunk *chunk
	off   uint32
}

// victimLocked returns the record that the hand points to, and moves the hand.
func (c *Cache) victimLocked(now int64) (record, bool) {
	for rotations := 0; rotations < maxVictims; {
		h := &c.hand
		if h.chunk == nil || h.chunk.log != &c.main {
			*h = hand{chunk: c.main.oldest}
		}
		if h.chunk == nil {
			break
		}
		if h.off >= h.chunk.fill {
			ch := h.chunk
			*h = hand{}
			c.rotateLocked(ch)
			rotations++
			continue
		}
		r := c.recordLocked(h.chunk, h.off)
		h.off = r.end
		if r.word == nil {
			continue
		}
		if r.expired(now) {
			c.evictLocked(&r, now)
			continue
		}
		return r, true
	}
	return record{}, false
}
