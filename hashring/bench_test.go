package hashring_test

import (
	"fmt"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

var sizes = []int{10, 100, 1000}

// BenchmarkLookup is what a Get does: hash the key, find its owner; for 4,096 keys
// in turn.
func BenchmarkLookup(b *testing.B) {
	keys := make([]string, 1<<12)
	for i := range keys {
		keys[i] = sequentialKey(i)
	}
	scores := hashring.NewNamespace("scores")
	for _, n := range sizes {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			r := hashring.New(numbered("node-%d", n)...)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Owner(scores.Hash(keys[i&(len(keys)-1)]))
				i++
			}
		})
	}
}

// BenchmarkLookupAllAround is BenchmarkLookup for a million keys, so that the
// ring's memory, 18 MB for 1,000 members, is read all around the circle. After a
// lookup that another one does not wait for, the processor is at the next one
// already; in=turn is with each waiting for the last, as no program looks up.
func BenchmarkLookupAllAround(b *testing.B) {
	keys := make([]string, 1<<20)
	for i := range keys {
		keys[i] = sequentialKey(i)
	}
	scores := hashring.NewNamespace("scores")
	for _, n := range sizes {
		r := hashring.New(numbered("node-%d", n)...)
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				r.Owner(scores.Hash(keys[i&(len(keys)-1)]))
				i++
			}
		})
		b.Run(fmt.Sprintf("members=%d/in=turn", n), func(b *testing.B) {
			b.ReportAllocs()
			i, last := 0, 0
			for b.Loop() {
				last = r.Owner(scores.Hash(keys[(i+last>>20)&(len(keys)-1)])) // last>>20 is 0
				i++
			}
		})
	}
}

// BenchmarkOwner looks all around the circle, so that the ring's own memory is
// what it waits for.
func BenchmarkOwner(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			r := hashring.New(numbered("node-%d", n)...)
			b.ReportAllocs()
			hash := uint64(0)
			for b.Loop() {
				hash += 0x9e3779b97f4a7c15
				r.Owner(splitMix(hash))
			}
		})
	}
}

func BenchmarkOwners(b *testing.B) {
	r := hashring.New(numbered("node-%d", 100)...)
	dst := make([]int, 0, 3)
	b.ReportAllocs()
	hash := uint64(0)
	for b.Loop() {
		hash += 0x9e3779b97f4a7c15
		dst = r.Owners(dst[:0], splitMix(hash), 3)
	}
}

func BenchmarkHash(b *testing.B) {
	scores := hashring.NewNamespace("scores")
	b.ReportAllocs()
	for b.Loop() {
		scores.Hash("user:000001")
	}
}

func BenchmarkWith(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			r := hashring.New(numbered("node-%d", n)...)
			joiner := hashring.Member{Name: "late"}
			b.ReportAllocs()
			for b.Loop() {
				r.With(joiner)
			}
		})
	}
}

func BenchmarkWithout(b *testing.B) {
	r := hashring.New(numbered("node-%d", 1000)...)
	b.ReportAllocs()
	for b.Loop() {
		r.Without("node-500")
	}
}

func BenchmarkNew(b *testing.B) {
	for _, n := range sizes {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) {
			members := numbered("node-%d", n)
			b.ReportAllocs()
			for b.Loop() {
				hashring.New(members...)
			}
		})
	}
}
