package hitratio

import (
	"math/rand/v2"
	"strconv"
)

// The shapes of the traces that are made up where none is given.
const (
	syntheticAccesses = 1_000_000
	syntheticKeys     = 100_000
	loopKeys          = 1_000
	zipfSkew          = 1.01
	scanEvery         = 20_000 // accesses from one scan to the next
	scanLength        = 10_000
)

// synthetic makes up three traces, always the same: a skewed one, the same with scans through it, and a pure loop.
func synthetic(accesses int) []trace {
	return []trace{zipf("zipf", accesses, false), zipf("zipf-scans", accesses, true), loop(accesses)}
}

func zipf(name string, accesses int, scans bool) trace {
	random := rand.New(rand.NewPCG(1, 2))
	draw := rand.NewZipf(random, zipfSkew, 1, syntheticKeys-1)
	b := newBuilder(name)
	scanned := uint64(syntheticKeys)
	for i := 0; i < accesses; i++ {
		b.access(strconv.FormatUint(draw.Uint64(), 10))
		if scans && i%scanEvery == scanEvery-1 {
			for range scanLength {
				b.access(strconv.FormatUint(scanned, 10))
				scanned++
			}
		}
	}
	return b.trace
}

func loop(accesses int) trace {
	b := newBuilder("loop")
	for i := range accesses / 2 {
		b.access(strconv.Itoa(i % loopKeys))
	}
	return b.trace
}
