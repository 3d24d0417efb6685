package lru

// The small queue goes into the main one without a comparison where it takes more than openAbove of all owned entries and
// openEntries of the usual size: then the main queue has room, as after other rules. It is more than what an entry leaves for others
// when it goes.
const (
	openAbove   = 1.0 / 64
	openEntries = 8
)

// evictSmallLocked empties a step of the oldest chunk of the small queue: what rules let
// into the main queue moves there, the rest is evicted and leaves ghosts.
func (p *part) evictSmallLocked(ch *chunk, rules *rules, now int64, spare bool) {
	ofSmall, ofMain := p.cache.queues[small].bytes.Load(), p.cache.queues[main].bytes.Load()
	usual := p.owned.Bytes / int64(max(p.owned.Entries, 1))
	open := float64(ofSmall-2*ch.cost()-openEntries*usual) > float64(ofSmall+ofMain)*openAbove
	from, to := &p.logs[small], &p.logs[main]
	if from.active == ch {
		from.active = nil
	}
	for r := range p.stepLocked(from) {
		s := slot(r.word.Load())
		if r.expired(now) {
			p.evictLocked(r, now)
			continue
		}
		uses := s.uses()
		if uses > 0 {
			p.countLocked(int(uses))
			s = s.counted(0)
			r.word.Store(uint64(s))
		}
		if spare && (open && rules.gated || p.mayStayLocked(r, uses, s.frequency(), rules, now)) {
			if ch.live == 1 && ch.dead == 0 {
				p.leaveLocked(ch)
				to.take(ch)
				return
			}
			p.moveLocked(r, to)
			continue
		}
		p.ghosts.add(r.hash, s.frequency())
		p.evictLocked(r, now)
	}
	if from.emptied == ch.fill {
		p.closeLocked(ch)
	}
}

// mayStayLocked reports whether a record that was used so often moves to the main
// queue, and evicts others there if the rules ask for that. Then the slot of the record
// may lie elsewhere: its shard of the index may have shrunk.
func (p *part) mayStayLocked(r *record, uses, frequency uint8, rules *rules, now int64) bool {
	if !rules.gated {
		return rules.promotes(uses, frequency)
	}
	defer func() { r.word = p.cache.index.locate(r.hash, r.chunk, r.off) }()
	size := int(r.end - r.off)
	for p.spare < size {
		switch victim, compared := p.comparedLocked(frequency, now); {
		case !compared:
			return false
		case victim == 0:
			return true // the main queue is empty
		default:
			p.spare += victim
		}
	}
	p.spare -= size
	return true
}

// comparedLocked looks for a record of the main queue that was used so much less often
// than a candidate that it goes in its place. It evicts that one and returns its size,
// 0 if there is none at all.
func (p *part) comparedLocked(frequency uint8, now int64) (size int, ok bool) {
	if !admits(frequency, 0) && p.logs[main].oldest != nil {
		return 0, false // as most are that nobody asks for again: to look for a victim takes longer than all the rest
	}
	for range maxVictims {
		victim, ok := p.victimLocked(now)
		if !ok {
			return 0, true
		}
		s := slot(victim.word.Load())
		p.countLocked(int(s.uses()))
		if s.uses() < maxUses && admits(frequency, s.counted(0).frequency()) {
			p.evictLocked(&victim, now)
			return int(victim.end - victim.off), true
		}
		victim.word.Store(uint64(s.counted(0)))
		if s.uses() < maxUses {
			return 0, false
		}
	}
	return 0, false
}

// A hand points to the record of the main queue that is compared next with a
// candidate. It goes round.
type hand struct {
	chunk *chunk
	off   uint32
}

// victimLocked returns the record that the hand points to, and moves the hand.
func (p *part) victimLocked(now int64) (record, bool) {
	for rotations := 0; rotations < maxVictims; {
		h := &p.hand
		if h.chunk == nil || h.chunk.log != &p.logs[main] {
			*h = hand{chunk: p.logs[main].oldest}
		}
		if h.chunk == nil {
			break
		}
		if h.off >= h.chunk.fill {
			ch := h.chunk
			*h = hand{}
			p.rotateLocked(ch)
			rotations++
			continue
		}
		r := p.recordLocked(h.chunk, h.off)
		h.off = r.end
		if r.word == nil {
			continue
		}
		if r.expired(now) {
			p.evictLocked(&r, now)
			continue
		}
		return r, true
	}
	return record{}, false
}
