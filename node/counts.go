package node

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// source is a Source's index.
type source uint8

const (
	fromLocal source = iota
	fromHot
	fromPeer
	fromOrigin
	fromStale
	numSources
)

func (s source) String() string { return string(sources[s]) }

// groupCounts are a group's counters. Each event is counted in one place.
type groupCounts struct {
	gets              [numSources]stripes
	seconds           [numSources]histogram
	served            stripes
	loads, loadErrors atomic.Uint64
	loadSeconds       histogram
}

// Of the hits that a cell of a counter counts, those are timed that make its count a power of two or a multiple of sampleEvery.
const sampleEvery = 256

// hit counts a hit. If it is one to be timed, it returns for how many it stands, else 0.
func (c *groupCounts) hit(from source) uint64 {
	n := c.gets[from].add()
	if n&(n-1) != 0 && n%sampleEvery != 0 {
		return 0
	}
	return min((n+1)/2, sampleEvery)
}

func (c *groupCounts) miss(from source, took time.Duration) {
	c.gets[from].add()
	c.seconds[from].observe(took, 1)
}

func (c *groupCounts) load(took time.Duration, failed bool) {
	c.loads.Add(1)
	if failed {
		c.loadErrors.Add(1)
	}
	c.loadSeconds.observe(took, 1)
}

// stripes is a counter that many cores add to at once: each goroutine has its own of several cells.
type stripes [1 << stripeBits]struct {
	n atomic.Uint64
	_ [56]byte // a cache line to each
}

const stripeBits = 4

// add counts one and returns the new count of the caller's cell.
func (s *stripes) add() uint64 { return s[stripe()].n.Add(1) }

// stripe returns which cell the calling goroutine adds to. Goroutines that run at once have different stacks, whose
// addresses, spread by a multiplication (Knuth's), mostly lead to different cells; a goroutine whose stack was moved only goes
// on with another cell. The address is never followed.
func stripe() uint64 {
	var onStack byte
	const stackBits = 11 // no stack is smaller than 2 KiB
	return uint64(uintptr(unsafe.Pointer(&onStack))>>stackBits) * 0x9E3779B97F4A7C15 >> (64 - stripeBits)
}

func (s *stripes) sum() uint64 {
	var sum uint64
	for i := range s {
		sum += s[i].n.Load()
	}
	return sum
}

// bucketBounds are the upper bounds of the histograms: three to each decade, from below a hit in memory to the longest
// load by default.
var bucketBounds = [...]time.Duration{
	100, 250, 500,
	1 * time.Microsecond, 2500, 5 * time.Microsecond,
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// histogram counts durations in buckets. The last bucket has no bound.
type histogram struct {
	counts [len(bucketBounds) + 1]atomic.Uint64
	sum    atomic.Int64 // ns
}

// observe counts a duration weight times.
func (h *histogram) observe(d time.Duration, weight uint64) {
	i := 0
	for i < len(bucketBounds) && d > bucketBounds[i] {
		i++
	}
	h.counts[i].Add(weight)
	h.sum.Add(int64(d) * int64(weight))
}

// snapshot returns the cumulative counts.
func (h *histogram) snapshot() Histogram {
	s := Histogram{Sum: time.Duration(h.sum.Load()), Buckets: make([]Bucket, len(bucketBounds))}
	for i := range bucketBounds {
		s.Count += h.counts[i].Load()
		s.Buckets[i] = Bucket{UpTo: bucketBounds[i], Count: s.Count}
	}
	s.Count += h.counts[len(bucketBounds)].Load()
	return s
}
