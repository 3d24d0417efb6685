package lru

import (
	"sync/atomic"
	"time"
)

// Get returns the entry of key, and whether there is one. Its TTL is what is
// left of it. Get allocates nothing, copies nothing, takes no lock, and writes
// nothing once the entry counts as well used. The Value lies among others in a
// larger piece of memory, which it keeps from being freed: who keeps one for long
// keeps a copy.
func (c *Cache) Get(key string) (e Entry, ok bool) {
	ok = c.Read(key, &e)
	return e, ok
}

// Read is Get for who has a place for the Entry: what was written field by field and is copied at once, as a whole, makes the
// processor wait until all before it is done, and so for memory. If it reports false, e is not to be looked at.
//
// It is the shortest way to what nearly all Gets are for: a record that lies in the bucket that its tag names, that has a short key
// and does not expire. What it takes counts by the instruction, hence no calls but to hash the key and to compare it.
func (c *Cache) Read(key string, e *Entry) bool {
	x, hash := &c.index, c.index.hash(key)
	b, tag := x.home(hash), hash>>tagShift
	for may := candidatesFor(b.control.Load(), tag); may != 0; may = may.rest() {
		word := &b.slots[may.first()]
		s := slot(word.Load())
		ch := x.chunks.get(s.id())
		if s.tag() != tag || ch == nil || !x.spokeOf(ch, word, s) {
			continue
		}
		start := ch.start(s.off())
		at := s.off() + start.length()
		if !start.hasKeyOf(len(key)) || string(ch.bytes(at, uint32(len(key)))) != key {
			continue
		}
		if start.flags()&(flagAbsent|flagExpires|flagFarVersion) != 0 {
			return c.readRecord(hash, word, s, stored{ch, ch.at(s.off())}, e)
		}
		e.TTL, e.Kind, e.Absent, e.Version = 0, start.kind(), false, 0
		if start.flags()&flagVersion != 0 {
			e.Version = c.base + ch.nearVersion(at)
		}
		e.Value = ch.bytes(at+uint32(len(key)), start.valueLength())
		c.used(hash, word, s)
		return true
	}
	return c.readAny(hash, key, e)
}

// readAny is Read wherever the record lies.
func (c *Cache) readAny(hash uint64, key string, e *Entry) bool {
	word, s, r := c.index.search(hash, key)
	return word != nil && c.readRecord(hash, word, s, r, e)
}

// readRecord is Read of a record that was found, whatever it is.
func (c *Cache) readRecord(hash uint64, word *atomic.Uint64, s slot, r stored, e *Entry) bool {
	if !c.fill(e, r) {
		return false
	}
	c.used(hash, word, s)
	return true
}

// used notes that the key of a slot was asked for.
func (c *Cache) used(hash uint64, word *atomic.Uint64, s slot) {
	if s.uses() < maxUses {
		addUse(word, s)
	}
	c.trials.access(hash)
}

// addUse counts a use. Of uses that race, one may be lost.
//
//go:noinline // so that used, which seldom calls it, can be
func addUse(word *atomic.Uint64, s slot) { word.CompareAndSwap(uint64(s), uint64(s+1)) }

// fill makes e what callers see of a record, unless it has expired.
func (c *Cache) fill(e *Entry, r stored) bool {
	e.TTL = 0
	if r.flags&flagExpires != 0 { // reading the clock costs as much as all the rest
		if e.TTL = time.Duration(r.expire() - c.now()); e.TTL <= 0 {
			return false
		}
	}
	e.Kind, e.Absent = r.kind(), r.flags&flagAbsent != 0
	e.Value = nil
	if !e.Absent {
		e.Value = r.valueBytes()
	}
	e.Version = r.version(c.base)
	return true
}
