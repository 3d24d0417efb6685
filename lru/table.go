package lru

import (
	"iter"
	"math/bits"
	"sync/atomic"
)

const (
	bucketSlots = 7 // with the control word, a cache line

	// A table that is full to more than maxLoad grows to growLoad, and one that
	// is full to less than minLoad shrinks to it at once, or if to less than
	// fitLoad when its turn comes: each shrinking among removals would take the
	// room that the next insert was promised.
	maxLoad  = 0.88
	growLoad = 0.78
	minLoad  = 0.35
	fitLoad  = 0.68
)

// A table is a hash table of slots. A record's slot is in the bucket that its tag
// names, or in one of the next if that was full. Readers need no lock; writers
// hold part.mu.
type table struct {
	buckets []bucket
	most    int // slots, by maxLoad
}

// A bucket holds some slots, and a word that tells which of them may be of a tag,
// so that seldom more than one is looked at.
//
//	bits  0 to 55  the lowest byte of the tag of each slot, as it is or as it was last
//	bits 56 to 63  how many buckets behind this one the farthest slot lies that was meant for this one;
//	               at farMost it is unknown, and stays
type bucket struct {
	control atomic.Uint64
	slots   [bucketSlots]atomic.Uint64
}

const (
	bucketBytes = 8 * (1 + bucketSlots)
	tableCost   = 48 // beside its buckets
	farShift    = 8 * bucketSlots
	farMost     = 1<<(64-farShift) - 1
	lowestBits  = 0x0001010101010101 // of each byte that belongs to a slot
	highestBits = lowestBits << 7
)

func newTable(slots int) *table {
	n := bucketsFor(slots)
	return &table{buckets: make([]bucket, n), most: int(maxLoad * bucketSlots * float64(n))}
}

func bucketsFor(slots int) int { return (slots + bucketSlots - 1) / bucketSlots }

func tableBytes(buckets int) int64 { return int64(buckets)*bucketBytes + tableCost }

func (t *table) slots() int { return len(t.buckets) * bucketSlots }

func (t *table) cost() int64 { return tableBytes(len(t.buckets)) }

func (t *table) home(tag uint64) int { return int(tag * uint64(len(t.buckets)) >> (64 - tagShift)) }

func (t *table) after(b int) int {
	if b++; b < len(t.buckets) {
		return b
	}
	return 0
}

// A candidates has the highest bit of a byte set for each slot of a bucket that may be of a tag.
type candidates uint64

// candidatesFor finds the bytes of a control word that are equal to the tag's: of
// these, and of few others, the highest bit is 0 and becomes 1 when 1 is taken away.
func candidatesFor(control, tag uint64) candidates {
	differ := control ^ tag&0xff*lowestBits
	return candidates((differ - lowestBits) &^ differ & highestBits)
}

func (c candidates) first() int { return bits.TrailingZeros64(uint64(c)) / 8 }

func (c candidates) rest() candidates { return c & (c - 1) }

// farthest returns how many buckets behind that of a control word there may be slots that were meant for it.
func (t *table) farthest(control uint64) int {
	if far := int(control >> farShift); far < farMost {
		return far
	}
	return len(t.buckets) - 1
}

// setFarthest notes how far behind b the farthest slot lies that was meant for it.
func (b *bucket) setFarthest(far int) {
	b.control.Store(b.control.Load()&(1<<farShift-1) | uint64(far)<<farShift)
}

// put stores a slot where there is none.
func (b *bucket) put(i int, s slot) {
	b.slots[i].Store(uint64(s))
	shift := 8 * i
	b.control.Store(b.control.Load()&^(0xff<<shift) | s.tag()&0xff<<shift)
}

// insert adds a slot, for which there is room.
func (t *table) insert(s slot) {
	home := t.home(s.tag())
	b, far := home, 0
	for !t.buckets[b].add(s) {
		b = t.after(b)
		far++
	}
	if control := t.buckets[home].control.Load(); far > t.farthest(control) {
		t.buckets[home].setFarthest(min(far, farMost))
	}
}

// add adds a slot if there is room for it.
func (b *bucket) add(s slot) bool {
	for i := range b.slots {
		if b.slots[i].Load() == 0 {
			b.put(i, s)
			return true
		}
	}
	return false
}

// remove empties the slot of s, which t has.
func (t *table) remove(s slot) {
	home := t.home(s.tag())
	b := home
	for far := range t.buckets {
		if word := t.buckets[b].locate(s.place()); word != nil {
			word.Store(0)
			if far > 0 && far == int(t.buckets[home].control.Load()>>farShift) && far < farMost {
				t.buckets[home].setFarthest(t.farthestOf(home, b, far))
			}
			return
		}
		b = t.after(b)
	}
}

// farthestOf returns how far behind the bucket home the farthest slot lies that was meant for it. None lies farther than the
// bucket b, so many behind home.
func (t *table) farthestOf(home, b, far int) int {
	for ; far > 0 && !t.hasOf(home, b); far-- {
		if b--; b < 0 {
			b = len(t.buckets) - 1
		}
	}
	return far
}

// hasOf reports whether a slot that was meant for the bucket home is in bucket b.
func (t *table) hasOf(home, b int) bool {
	for i := range t.buckets[b].slots {
		if s := slot(t.buckets[b].slots[i].Load()); s != 0 && t.home(s.tag()) == home {
			return true
		}
	}
	return false
}

// wordsOf yields those of all slots that may be of a tag.
func (t *table) wordsOf(tag uint64) iter.Seq[*atomic.Uint64] {
	return func(yield func(*atomic.Uint64) bool) {
		b := t.home(tag)
		for far := t.farthest(t.buckets[b].control.Load()); far >= 0; far-- {
			for may := candidatesFor(t.buckets[b].control.Load(), tag); may != 0; may = may.rest() {
				if !yield(&t.buckets[b].slots[may.first()]) {
					return
				}
			}
			b = t.after(b)
		}
	}
}

// locate returns the word of the slot that is of a place, or nil.
func (t *table) locate(place slot) *atomic.Uint64 {
	b := t.home(place.tag())
	for far := t.farthest(t.buckets[b].control.Load()); far >= 0; far-- {
		if word := t.buckets[b].locate(place); word != nil {
			return word
		}
		b = t.after(b)
	}
	return nil
}

func (b *bucket) locate(place slot) *atomic.Uint64 {
	for may := candidatesFor(b.control.Load(), place.tag()); may != 0; may = may.rest() {
		if word := &b.slots[may.first()]; slot(word.Load()).place() == place {
			return word
		}
	}
	return nil
}

// moveTo copies all slots to an empty table.
func (t *table) moveTo(other *table) {
	for s := range t.words() {
		other.insert(slot(s.Load()))
	}
}

// clear empties all slots, so that readers who still hold t find nothing in it.
func (t *table) clear() {
	for word := range t.words() {
		word.Store(0)
	}
}

// words yields those of all slots that are not empty.
func (t *table) words() iter.Seq[*atomic.Uint64] {
	return func(yield func(*atomic.Uint64) bool) {
		for b := range t.buckets {
			for i := range t.buckets[b].slots {
				if word := &t.buckets[b].slots[i]; word.Load() != 0 && !yield(word) {
					return
				}
			}
		}
	}
}
