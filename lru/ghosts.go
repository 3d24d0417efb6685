package lru

import (
	"math/bits"
	"unsafe"
)

const (
	// ghostWays is how many ghosts share a bucket: as many as fill a cache line.
	ghostWays = 32

	// ghostsPerEntry is how many ghosts are remembered for each entry. That many
	// are needed to tell a loop longer than the cache from keys that come once;
	// more change hit ratios by less than half a point.
	ghostsPerEntry = 3

	// In a bucket's words from commonWords on are ghosts of what was used more than once, and
	// one in rareGhosts of the others. So what is popular is known for longer than what came
	// once, and of a loop longer than all ghosts reach enough is found again. It brings up to 5
	// points by frequency.
	commonWords = 6
	rareGhosts  = 16

	ghostBits     = 16
	ghostMarkBits = ghostBits - freqBits
	ghostsPerWord = 64 / ghostBits

	// What has a bit, or some, in each ghost of a word.
	ghostLowest    = 0x0001000100010001
	ghostHighest   = ghostLowest << (ghostBits - 1)
	ghostFreqMasks = ghostLowest * maxFrequency
)

// ghosts remembers hashes of entries that are gone: of each hash 12 bits and how
// often it was used, in the bucket that other bits name. A newer ghost pushes out
// an old one of its bucket, sooner if that was used once.
//
// That the end is not sharp is welcome. Where a loop is longer than the memory of
// ghosts, a sharp one forgets each key just before it comes back. A hash that is
// taken for another, as one in a hundred is, only helps one entry unearned.
type ghosts struct {
	buckets []ghostBucket
	aged    int    // the bucket to age next
	once    uint32 // counts ghosts of what was used once as they leave the common words
}

// A ghostBucket holds ghosts, four to a word, the newest first: in the lowest bits
// of the first word. Each has its frequency in its lowest bits.
type ghostBucket [ghostWays / ghostsPerWord]uint64

// fit makes room for the ghosts of that many entries, unless it is about right. Some
// ghosts are lost.
func (g *ghosts) fit(entries int) {
	n := (entries*ghostsPerEntry + ghostWays - 1) / ghostWays
	if old := len(g.buckets); n*8 > old*9 || n*8 < old*7 {
		buckets := make([]ghostBucket, n)
		for i := range buckets {
			if old > 0 {
				buckets[i] = g.buckets[int64(i)*int64(old)/int64(n)]
			}
		}
		g.buckets = buckets
	}
}

func (g *ghosts) cost() int64 { return int64(len(g.buckets)) * ghostWays * ghostBits / 8 }

func (g *ghosts) bucket(hash uint64) *ghostBucket {
	n, _ := bits.Mul32(uint32(hash>>16), uint32(len(g.buckets)))
	return &g.buckets[n]
}

// prefetch has what add and take will read come from memory.
func (g *ghosts) prefetch(hash uint64) {
	if len(g.buckets) > 0 {
		prefetch(unsafe.Pointer(g.bucket(hash)))
	}
}

// ghostMark is a hash as a ghost remembers it, without a frequency.
func ghostMark(hash uint64) uint64 {
	return max(hash>>(64-ghostMarkBits), 1) << freqBits
}

// add remembers a hash that was used that often.
func (g *ghosts) add(hash uint64, frequency uint8) {
	if len(g.buckets) == 0 {
		return
	}
	b, pushed := g.bucket(hash), ghostMark(hash)|uint64(frequency)
	for i, word := range b {
		b[i] = word<<ghostBits | pushed
		pushed = word >> (64 - ghostBits)
		if i == commonWords-1 && pushed&maxFrequency <= 1 && !g.rare() {
			return
		}
	}
}

// rare reports whether a ghost of what was used once is one of the few that stay.
func (g *ghosts) rare() bool {
	g.once++
	return g.once%rareGhosts == 0
}

// take forgets a hash and returns how often it was used, 0 if it is not known, and
// whether about as many went since as there are entries, or fewer.
func (g *ghosts) take(hash uint64) (frequency uint8, recent bool) {
	if len(g.buckets) == 0 {
		return 0, false
	}
	b, wanted := g.bucket(hash), ghostMark(hash)*ghostLowest
	for i, word := range b {
		differ := word&^ghostFreqMasks ^ wanted
		if same := (differ - ghostLowest) &^ differ & ghostHighest; same != 0 {
			at := bits.TrailingZeros64(same) / ghostBits
			b.removeAt(i, at)
			return uint8(word>>(at*ghostBits)) & maxFrequency, i*ghostsPerWord+at < ghostWays/ghostsPerEntry
		}
	}
	return 0, false
}

// removeAt removes a ghost, and moves those behind it up.
func (b *ghostBucket) removeAt(i, at int) {
	before := uint64(1)<<(at*ghostBits) - 1
	b[i] = b[i]&before | b[i]>>ghostBits&^before
	for ; i+1 < len(b); i++ {
		b[i] |= b[i+1] << (64 - ghostBits)
		b[i+1] >>= ghostBits
	}
}

// age halves the frequencies in some buckets, going round.
func (g *ghosts) age(n int) {
	for range min(n, len(g.buckets)) {
		if g.aged++; g.aged >= len(g.buckets) {
			g.aged = 0
		}
		for i, word := range &g.buckets[g.aged] {
			g.buckets[g.aged][i] = word&^ghostFreqMasks | word>>1&(ghostLowest*(maxFrequency>>1))
		}
	}
}
