package lru

import "math/bits"

const (
	// ghostWays is how many ghosts share a bucket: as many as fill a cache line.
	ghostWays = 32

	// ghostsPerEntry is how many ghosts are remembered for each entry. That many
	// are needed to tell a loop longer than the cache from keys that come once;
	// more change hit ratios by less than half a point.
	ghostsPerEntry = 3

	ghostFreqMask = maxFrequency
	ghostMarkBits = 16 - freqBits
)

// ghosts remembers hashes of entries that are gone: of each hash 12 bits and how
// often it was used, in the bucket that other bits name. A newer ghost pushes out
// the oldest of its bucket.
//
// That the end is not sharp is welcome. Where a loop is longer than the memory of
// ghosts, a sharp one forgets each key just before it comes back. A hash that is
// taken for another, as one in a hundred is, only helps one entry unearned.
type ghosts struct {
	buckets [][ghostWays]uint16 // newest first
	aged    int                 // the bucket to age next
}

// fit makes room for the ghosts of that many entries, unless it is about right. Some
// ghosts are lost.
func (g *ghosts) fit(entries int) {
	n := (entries*ghostsPerEntry + ghostWays - 1) / ghostWays
	if old := len(g.buckets); n > old*9/8 || n < old*5/8 {
		buckets := make([][ghostWays]uint16, n)
		for i := range buckets {
			if old > 0 {
				buckets[i] = g.buckets[i*old/n]
			}
		}
		g.buckets = buckets
	}
}

func (g *ghosts) cost() int64 { return int64(len(g.buckets)) * ghostWays * 2 }

func (g *ghosts) bucket(hash uint64) *[ghostWays]uint16 {
	n, _ := bits.Mul32(uint32(hash>>16), uint32(len(g.buckets)))
	return &g.buckets[n]
}

func ghostMark(hash uint64) uint16 {
	return max(uint16(hash>>(64-ghostMarkBits)), 1) << freqBits
}

// add remembers a hash that was used that often.
func (g *ghosts) add(hash uint64, frequency uint8) {
	if len(g.buckets) == 0 {
		return
	}
	b := g.bucket(hash)
	copy(b[1:], b[:])
	b[0] = ghostMark(hash) | uint16(frequency)
}

// take forgets a hash and returns how often it was used, 0 if it is not known, and
// whether about as many went since as there are entries, or fewer.
func (g *ghosts) take(hash uint64) (frequency uint8, recent bool) {
	if len(g.buckets) == 0 {
		return 0, false
	}
	b, mark := g.bucket(hash), ghostMark(hash)
	for i, ghost := range b {
		if ghost&^ghostFreqMask == mark {
			copy(b[i:], b[i+1:])
			b[ghostWays-1] = 0
			return uint8(ghost & ghostFreqMask), i < ghostWays/ghostsPerEntry
		}
	}
	return 0, false
}

// age halves the frequencies in some buckets, going round.
func (g *ghosts) age(n int) {
	for range min(n, len(g.buckets)) {
		if g.aged++; g.aged >= len(g.buckets) {
			g.aged = 0
		}
		for i, ghost := range &g.buckets[g.aged] {
			g.buckets[g.aged][i] = ghost&^ghostFreqMask | ghost&ghostFreqMask>>1
		}
	}
}

func (g *ghosts) clear() { *g = ghosts{} }
