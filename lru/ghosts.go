package lru

import "slices"

// ghostWays is how many ghosts share a bucket: as many as fill a cache line.
const ghostWays = 16

// ghosts remembers hashes of entries that are gone: of each hash the upper half,
// in the bucket that its lower bits name. A newer ghost pushes out the oldest of
// its bucket, and there is room for one ghost to an entry, or up to two: half as
// many evictions as there are entries make the cache forget one ghost in a
// hundred (Poisson: 16 where 8 are expected), and twice as many nearly all.
//
// That the end is not sharp is welcome. Where a loop is longer than the memory of
// ghosts, a sharp one forgets each key just before it comes back. A hash that is
// taken for another only brings one entry to the main queue unearned.
type ghosts struct {
	buckets [][ghostWays]uint32 // a power of two of them, or none; newest first
}

func (g *ghosts) bucket(hash uint64) *[ghostWays]uint32 {
	return &g.buckets[hash&uint64(len(g.buckets)-1)]
}

func mark(hash uint64) uint32 { return uint32(hash >> 32) }

// add remembers hash, and grows to the number of entries.
func (g *ghosts) add(hash uint64, entries int) {
	for len(g.buckets)*ghostWays < max(entries, 1) {
		g.grow()
	}
	b := g.bucket(hash)
	copy(b[1:], b[:])
	b[0] = mark(hash)
}

// grow doubles the buckets. What a bucket holds may belong to either of the two
// that take its place, and so is put in both.
func (g *ghosts) grow() {
	if len(g.buckets) == 0 {
		g.buckets = make([][ghostWays]uint32, 1)
		return
	}
	g.buckets = slices.Concat(g.buckets, g.buckets)
}

// take reports whether hash is remembered, and forgets it.
func (g *ghosts) take(hash uint64) bool {
	if len(g.buckets) == 0 {
		return false
	}
	b := g.bucket(hash)
	i := slices.Index(b[:], mark(hash))
	if i >= 0 {
		b[i] = 0
	}
	return i >= 0
}

func (g *ghosts) clear() { g.buckets = nil }
