package lru

import (
	"iter"
	"math/bits"
	"sync/atomic"
)

const (
	bucketSlots = 7 // with the control word, a cache line

	// A table that is full to more than maxLoad grows to growLoad, and one that
	// is full to less than minLoad shrinks to it.
	maxLoad  = 0.88
	growLoad = 0.78
	minLoad  = 0.35
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
//	bits 56 to 63  how many slots were meant for this bucket or one before, and are
//	               in one behind; at passedMost it stays
type bucket struct {
	control atomic.Uint64
	slots   [bucketSlots]atomic.Uint64
}

const (
	bucketBytes = 8 * (1 + bucketSlots)
	tableCost   = 48 // beside its buckets
	passedShift = 8 * bucketSlots
	passedMost  = 1<<(64-passedShift) - 1
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

func passedBy(control uint64) uint64 { return control >> passedShift }

// addPassed notes that one slot more, or with -1 one less, passes by.
func (b *bucket) addPassed(n int64) {
	if control := b.control.Load(); passedBy(control) < passedMost {
		b.control.Store(control + uint64(n)<<passedShift)
	}
}

// put stores a slot where there is none.
func (b *bucket) put(i int, s slot) {
	b.slots[i].Store(uint64(s))
	shift := 8 * i
	b.control.Store(b.control.Load()&^(0xff<<shift) | s.tag()&0xff<<shift)
}

// insert adds a slot, for which there is room.
func (t *table) insert(s slot) {
	for b := t.home(s.tag()); ; b = t.after(b) {
		bucket := &t.buckets[b]
		for i := range bucket.slots {
			if bucket.slots[i].Load() == 0 {
				bucket.put(i, s)
				return
			}
		}
		bucket.addPassed(1)
	}
}

// remove empties the slot of s, which t has.
func (t *table) remove(s slot) {
	b := t.home(s.tag())
	for range t.buckets {
		if word := t.buckets[b].locate(s.place()); word != nil {
			word.Store(0)
			return
		}
		t.buckets[b].addPassed(-1)
		b = t.after(b)
	}
}

// locate returns the word of the slot that is of a place, or nil.
func (t *table) locate(place slot) *atomic.Uint64 {
	b := t.home(place.tag())
	for range t.buckets {
		if word := t.buckets[b].locate(place); word != nil {
			return word
		}
		if passedBy(t.buckets[b].control.Load()) == 0 {
			break
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
