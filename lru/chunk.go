package lru

import (
	"iter"
	"slices"
	"sync/atomic"
	"unsafe"
)

const (
	// leastChunks is how many chunks a full cache has at the least, and half of leastPerPart how many
	// each of its parts has, so that what is freed at a time is a small part of the budget,
	// and what is unused at the ends of logs too.
	leastChunks  = 128
	leastPerPart = 256
	minChunk     = 512
	maxChunk     = 1 << offBits

	// chunkOverhead is what a chunk takes beside its bytes: itself and its place in
	// the table.
	chunkOverhead = int64(unsafe.Sizeof(chunk{})) + 16
)

// A chunk is a piece of a log: records, one after the other. Bytes that a reader
// was led to are never written again, so that a reader may keep what it found;
// the collector frees a chunk that the cache has dropped with the last of them.
type chunk struct {
	data []byte // never replaced; bytes from fill on are unused
	id   uint32

	// guarded by part.mu
	log        *log // nil once it was dropped
	prev, next *chunk
	age        uint64 // counts the chunks that joined logs of its kind before

	// guarded by part.mu too, and changed by every store: it begins a cache line of its own, see alignedChunk
	fill    uint32 // as far as records reach; at most 4 GiB, for one record alone
	dead    uint32 // of these, bytes of records that are in no index
	live    int    // records that are in the index
	due     int64  // no record expires before that; 0 if none does
	sweepAt int64  // when to look what has expired; 0 for never
}

// An alignedChunk fills cache lines, so that readers on other cores do not wait for the line that stores change. That of
// a short chunk would cost too much.
type alignedChunk struct {
	chunk
	_ [alignment]byte
}

const (
	alignment   = 2*64 - unsafe.Sizeof(chunk{})
	alignedFrom = 4 << 10
)

func chunkWith(data []byte) *chunk {
	if len(data) < alignedFrom {
		return &chunk{data: data}
	}
	aligned := alignedChunk{chunk: chunk{data: data}}
	return &aligned.chunk
}

func (ch *chunk) cost() int64 {
	n := int64(cap(ch.data)) + chunkOverhead
	if len(ch.data) >= alignedFrom {
		n += int64(alignment)
	}
	return n
}

func (ch *chunk) room() int { return len(ch.data) - int(ch.fill) }

// A log is a queue of chunks in order of age. The logs of all parts that are of one
// kind are one queue: what goes from it is the oldest chunk of all.
type log struct {
	*queue
	head atomic.Uint64 // age of the oldest chunk, 0 if there is none; written with part.mu

	// guarded by part.mu
	oldest, newest *chunk
	emptied        uint32 // as far as the oldest chunk was emptied
	active         *chunk // that records are appended to, if any; behind it are only those of one large record
}

// A queue is what the logs of a kind have in common.
type queue struct {
	chunkBytes int           // how large chunks are, but those of one large record
	bytes      atomic.Int64  // of all chunks, with their overhead
	joined     atomic.Uint64 // how many chunks did so far
}

func (l *log) push(ch *chunk) {
	l.bytes.Add(ch.cost())
	l.join(ch)
}

// take moves a chunk from its log to the end of l. At every moment it is counted.
func (l *log) take(ch *chunk) {
	l.bytes.Add(ch.cost())
	ch.log.remove(ch)
	l.join(ch)
}

func (l *log) join(ch *chunk) {
	ch.age = l.joined.Add(1)
	ch.log, ch.prev, ch.next = l, l.newest, nil
	if l.newest == nil {
		l.setOldest(ch)
	} else {
		l.newest.next = ch
	}
	l.newest = ch
}

func (l *log) setOldest(ch *chunk) {
	l.oldest, l.emptied = ch, 0
	if ch == nil {
		l.head.Store(0)
	} else {
		l.head.Store(ch.age)
	}
}

func (l *log) remove(ch *chunk) {
	if ch.prev == nil {
		l.setOldest(ch.next)
	} else {
		ch.prev.next = ch.next
	}
	if ch.next == nil {
		l.newest = ch.prev
	} else {
		ch.next.prev = ch.prev
	}
	if l.active == ch {
		l.active = nil
	}
	ch.log, ch.prev, ch.next = nil, nil, nil
	l.bytes.Add(-ch.cost())
}

// replace puts ch into the place of old.
func (l *log) replace(old, ch *chunk) {
	ch.age, ch.log, ch.prev, ch.next = old.age, l, old.prev, old.next
	if ch.prev == nil {
		l.setOldest(ch)
	} else {
		ch.prev.next = ch
	}
	if ch.next == nil {
		l.newest = ch
	} else {
		ch.next.prev = ch
	}
	old.log, old.prev, old.next = nil, nil, nil
	l.bytes.Add(ch.cost() - old.cost())
}

// alone reports whether a record of that size has a chunk of its own: at the end
// of shared ones, it would waste too much.
func (l *log) alone(size int) bool {
	return size > max(l.chunkBytes/8, min(l.chunkBytes/2, 512))
}

// hasRoom reports whether a record of that size fits into the active chunk.
func (l *log) hasRoom(size int) bool {
	return !l.alone(size) && l.active != nil && l.active.room() >= max(size, leastRecord)
}

// newChunk makes a chunk for a record of that size and, unless it stands alone,
// others behind it.
func (l *log) newChunk(size int) *chunk {
	if !l.alone(size) {
		return chunkWith(make([]byte, l.chunkBytes))
	}
	return newChunkOf(size)
}

// newChunkOf makes a chunk as long as the allocator makes it for that size.
func newChunkOf(size int) *chunk {
	data := slices.Grow([]byte(nil), max(size, leastRecord))
	return chunkWith(data[:cap(data)])
}

// addedLocked notes that a record was appended.
func (ch *chunk) addedLocked(size int, expire int64) {
	ch.fill += uint32(size)
	ch.live++
	ch.expiresLocked(expire)
}

// expiresLocked notes that a record of ch expires at some time, if it is not 0.
func (ch *chunk) expiresLocked(expire int64) {
	if expire != 0 && (ch.due == 0 || expire < ch.due) {
		ch.due, ch.sweepAt = expire, expire
	}
}

// chunks yields all chunks. The body may remove the one that it was given.
func (l *log) chunks() iter.Seq[*chunk] {
	return func(yield func(*chunk) bool) {
		for ch := l.oldest; ch != nil; {
			next := ch.next
			if !yield(ch) {
				return
			}
			ch = next
		}
	}
}

// chunkBytes returns how large the chunks of logs are that may grow to budget, in
// so many parts: 0 if it is so small that each record has a chunk of its own.
func chunkBytes(budget int64, parts int) int {
	if budget < 32*minChunk {
		return 0
	}
	n := minChunk
	for int64(n) < budget/int64(max(2*leastChunks, leastPerPart*parts)) && n < maxChunk {
		n *= 2
	}
	return n
}
