package lru

import "sync/atomic"

const (
	bucketSlots = 8 // a cache line

	// A table that is full to more than maxLoad grows to growLoad, and one that
	// is full to less than minLoad shrinks to it.
	maxLoad  = 0.90
	growLoad = 0.78
	minLoad  = 0.40
)

// A table is a hash table of slots. A record's slot is in the bucket that its tag
// names, or in one of the next if that was full. Readers need no lock; writers
// hold Cache.mu.
type table struct {
	buckets []bucket
	// passed counts for each bucket, in 8 bits, the slots that were meant for it or
	// one before, and are in one behind. At 255 it stays.
	passed []atomic.Uint32
}

type bucket [bucketSlots]atomic.Uint64

const (
	bucketBytes   = 8 * bucketSlots
	passedBits    = 8
	passedMost    = 1<<passedBits - 1
	passedPerWord = 32 / passedBits
)

func newTable(slots int) *table {
	n := (slots + bucketSlots - 1) / bucketSlots
	return &table{
		buckets: make([]bucket, n),
		passed:  make([]atomic.Uint32, (n+passedPerWord-1)/passedPerWord),
	}
}

func (t *table) slots() int { return len(t.buckets) * bucketSlots }

func (t *table) cost() int64 { return tableBytes(len(t.buckets)) }

func tableBytes(buckets int) int64 {
	return int64(buckets)*bucketBytes + int64((buckets+passedPerWord-1)/passedPerWord)*4 + 48
}

func (t *table) home(tag uint64) int { return int(tag * uint64(len(t.buckets)) >> (64 - tagShift)) }

func (t *table) after(b int) int {
	if b++; b < len(t.buckets) {
		return b
	}
	return 0
}

func (t *table) passedBy(b int) uint32 {
	return t.passed[b/passedPerWord].Load() >> (b % passedPerWord * passedBits) & passedMost
}

func (t *table) addPassed(b int, n int32) {
	if t.passedBy(b) < passedMost {
		t.passed[b/passedPerWord].Add(uint32(n) << (b % passedPerWord * passedBits))
	}
}

// insert adds a slot, for which there is room.
func (t *table) insert(s slot) {
	for b := t.home(s.tag()); ; b = t.after(b) {
		for i := range t.buckets[b] {
			if word := &t.buckets[b][i]; word.Load() == 0 {
				word.Store(uint64(s))
				return
			}
		}
		t.addPassed(b, 1)
	}
}

// remove empties the slot of s.
func (t *table) remove(s slot) {
	for b := t.home(s.tag()); ; b = t.after(b) {
		for i := range t.buckets[b] {
			if word := &t.buckets[b][i]; slot(word.Load()).place() == s.place() {
				word.Store(0)
				return
			}
		}
		t.addPassed(b, -1)
	}
}

// locate returns the word of the slot that is of a place, or nil.
func (t *table) locate(place slot) *atomic.Uint64 {
	b := t.home(place.tag())
	for range t.buckets {
		for i := range t.buckets[b] {
			if word := &t.buckets[b][i]; slot(word.Load()).place() == place {
				return word
			}
		}
		if t.passedBy(b) == 0 {
			break
		}
		b = t.after(b)
	}
	return nil
}

// moveTo copies all slots to an empty table.
func (t *table) moveTo(other *table) {
	for b := range t.buckets {
		for i := range t.buckets[b] {
			if s := t.buckets[b][i].Load(); s != 0 {
				other.insert(slot(s))
			}
		}
	}
}

// clear empties all slots, so that readers who still hold t find nothing in it.
func (t *table) clear() {
	for b := range t.buckets {
		for i := range t.buckets[b] {
			t.buckets[b][i].Store(0)
		}
	}
}
