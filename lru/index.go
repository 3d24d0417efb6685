package lru

import (
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

const (
	// shardBytes is how much budget there is to a shard of the index: little, so
	// that growing one takes microseconds.
	shardBytes = 512 << 10

	// maxShards bounds what the shards themselves take: 1 MiB.
	maxShards = 1 << 16

	shardCost = 16
)

// An index finds the records of keys. Readers need no lock; writers hold the mutex
// of the key's part, so that what a writer has found stays as it is, but for its
// uses.
//
// Keys are hashed with a secret seed, so that nobody can choose keys that crowd
// together. Of a hash the lowest bits name the part, some more the shard, the highest
// are the tag.
type index struct {
	seed   maphash.Seed
	shards []shard // those of a part are as far from each other as there are parts
	mask   uint64
	chunks chunks
	bytes  atomic.Int64 // of tables
}

// A shard holds the slots of keys whose hashes end in the same bits.
type shard struct {
	table   atomic.Pointer[table]
	entries int // guarded by part.mu
}

func (x *index) init(maxBytes int64) {
	n := min(max(maxBytes/shardBytes, 1), maxShards)
	n = 1 << (bits.Len64(uint64(n)) - 1)
	x.seed = maphash.MakeSeed()
	x.shards, x.mask = make([]shard, n), uint64(n-1)
	for i := range x.shards {
		x.clear(&x.shards[i])
	}
	x.chunks.init()
	x.chunks.most = maxChunks - spareChunks
}

// clear forgets all slots of a shard, and gives their memory back.
func (x *index) clear(s *shard) {
	s.entries = 0
	if old := s.table.Load(); old == nil || len(old.buckets) > 1 {
		x.replace(s, newTable(1))
	} else {
		old.clear()
	}
}

// replace puts a table into the place of the old one, if there is one. Readers who
// have found that find nothing in it any more before any slot changes.
func (x *index) replace(s *shard, t *table) {
	old := s.table.Load()
	s.table.Store(t)
	x.bytes.Add(t.cost())
	if old != nil {
		x.bytes.Add(-old.cost())
		old.clear()
	}
}

func (x *index) hash(key string) uint64 { return maphash.String(x.seed, key) }

func (x *index) hashBytes(key []byte) uint64 { return maphash.Bytes(x.seed, key) }

func (x *index) shard(hash uint64) *shard { return &x.shards[hash&x.mask] }

// home returns the bucket that a key's tag names.
func (x *index) home(hash uint64) *bucket {
	t := x.shard(hash).table.Load()
	return &t.buckets[t.home(hash>>tagShift)]
}

// prefetch has the bucket of a key come from memory.
func (x *index) prefetch(hash uint64) { prefetch(unsafe.Pointer(x.home(hash))) }

// A match is a record and its slot, as they were at one moment.
type match struct {
	word *atomic.Uint64
	slot slot
	stored
}

// find looks a key up.
func (x *index) find(hash uint64, key string) (m match, ok bool) {
	m.word, m.slot, m.stored = x.search(hash, key)
	return m, m.word != nil
}

// search returns what a match consists of, in registers: as one value, it would go through memory, which takes as long as all the
// rest. If there is none, word is nil.
func (x *index) search(hash uint64, key string) (word *atomic.Uint64, s slot, r stored) {
	sh, tag := x.shard(hash), hash>>tagShift
	t := sh.table.Load()
	b := t.home(tag)
	control := t.buckets[b].control.Load()
	for left := t.farthest(control); ; left-- {
		for may := candidatesFor(control, tag); may != 0; may = may.rest() {
			word = &t.buckets[b].slots[may.first()]
			if s, r = x.read(word, tag); s != 0 && string(r.keyBytes()) == key {
				return word, s, r
			}
		}
		if left == 0 {
			break
		}
		b = t.after(b)
		control = t.buckets[b].control.Load()
	}
	if sh.table.Load() != t { // slots were moved while they were looked through
		return x.search(hash, key)
	}
	return nil, 0, stored{}
}

// findHash looks up the record of a key of which the hash alone is known.
func (x *index) findHash(hash uint64) (r stored, ok bool) {
	sh, tag := x.shard(hash), hash>>tagShift
	t := sh.table.Load()
	for word := range t.wordsOf(tag) {
		if s, r := x.read(word, tag); s != 0 && x.hashBytes(r.keyBytes()) == hash {
			return r, true
		}
	}
	if sh.table.Load() != t {
		return x.findHash(hash)
	}
	return stored{}, false
}

// read returns the slot of a word and its record. If the slot is of another tag or empty, it returns 0.
func (x *index) read(word *atomic.Uint64, tag uint64) (s slot, r stored) {
	for {
		s = slot(word.Load())
		if s.tag() != tag || s == 0 {
			return 0, stored{}
		}
		if ch := x.chunks.get(s.id()); ch != nil && x.spokeOf(ch, word, s) {
			return s, stored{ch, ch.at(s.off())}
		}
	}
}

// record returns the record of a slot that nobody changes meanwhile.
func (x *index) record(s slot) stored {
	ch := x.chunks.get(s.id())
	return stored{ch, ch.at(s.off())}
}

// spokeOf reports whether a slot spoke of a chunk, which was found by the slot's
// number, at some moment since it was read from its word.
//
// A chunk's number may go to another chunk at any time. If the word still says the
// same, and after that the number still belongs to the chunk, then the slot spoke
// of this chunk in between.
func (x *index) spokeOf(ch *chunk, word *atomic.Uint64, s slot) bool {
	return slot(word.Load()).place() == s.place() && x.chunks.get(s.id()) == ch
}

// insert adds the slot of a record whose key has none.
func (x *index) insert(hash uint64, s slot) {
	sh := x.shard(hash)
	if n := sh.grownTo(); n > 0 {
		x.resize(sh, n)
	}
	sh.table.Load().insert(s)
	sh.entries++
}

// growth returns how many bytes an insert will take.
func (x *index) growth(hash uint64) int64 {
	sh := x.shard(hash)
	n := sh.grownTo()
	if n == 0 {
		return 0
	}
	return tableBytes(bucketsFor(n)) - sh.table.Load().cost()
}

// grownTo returns for how many slots there must be room before one more is
// added, or 0 if there is enough.
func (s *shard) grownTo() int {
	if s.entries < s.table.Load().most {
		return 0
	}
	return int(float64(s.entries+1)/growLoad) + 1
}

// remove removes a slot.
func (x *index) remove(hash uint64, s slot) {
	sh := x.shard(hash)
	t := sh.table.Load()
	t.remove(s)
	sh.entries--
	x.fit(sh, minLoad)
}

// fit shrinks the table of a shard if it is full to less than least.
func (x *index) fit(sh *shard, least float64) {
	t, slots := sh.table.Load(), int(float64(sh.entries)/growLoad)+1
	if float64(sh.entries) < least*float64(t.slots()) && bucketsFor(slots) < len(t.buckets) {
		x.resize(sh, slots)
	}
}

func (x *index) resize(sh *shard, slots int) {
	t := newTable(slots)
	sh.table.Load().moveTo(t)
	x.replace(sh, t)
}

// locate returns the word of the slot of a record, or nil if it is in the index no
// more.
func (x *index) locate(hash uint64, ch *chunk, off uint32) *atomic.Uint64 {
	return x.shard(hash).table.Load().locate(newSlot(hash, ch.id, off))
}
