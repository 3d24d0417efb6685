package hashring_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

// inZones gives the i-th member the zone zones[i % len(zones)].
func inZones(members []hashring.Member, zones ...string) []hashring.Member {
	for i := range members {
		members[i].Zone = zones[i%len(zones)]
	}
	return members
}

// withoutZones returns the members of r in no zone, as a ring.
func withoutZones(r *hashring.Ring) *hashring.Ring {
	return hashring.New(inZones(slices.Clone(r.Members()), "")...)
}

// modelSecond moves the first that stands in another zone than the owner up to
// the second place; both zones must be known.
func modelSecond(r *hashring.Ring, owners []int) []int {
	zone := func(i int) string { return r.Members()[i].Zone }
	other := slices.IndexFunc(owners, func(i int) bool { return zone(i) != "" && zone(i) != zone(owners[0]) })
	if zone(owners[0]) == "" || other < 0 {
		return owners
	}
	moved := slices.Delete(slices.Clone(owners), other, other+1)
	return slices.Insert(moved, 1, owners[other])
}

func TestOwnersFollowTheZonesModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, zones := range map[string][]string{
		"none": {""}, "one": {"a"}, "two": {"a", "b"}, "three": {"a", "b", "c"}, "some unknown": {"a", "", "b"},
		"one and unknown": {"a", ""}, "one elsewhere": {"a", "a", "a", "a", "a", "a", "a", "a", "a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			r := hashring.New(inZones(numbered("node-%d", 10), zones...)...)
			plain := withoutZones(r)
			for range 2000 {
				hash := rnd.Uint64()
				all := modelSecond(r, plain.Owners(nil, hash, 10))
				for n := 1; n <= 10; n++ {
					if got := r.Owners(nil, hash, n); !slices.Equal(got, all[:n]) {
						t.Fatalf("Owners(%#x, %d) = %v, want %v", hash, n, got, all[:n])
					}
				}
			}
		})
	}
}

func TestZonesLeaveTheOwnersAsTheyAre(t *testing.T) {
	zoned := hashring.New(inZones(numbered("node-%d", 30), "a", "b", "")...)
	plain := withoutZones(zoned)
	for _, hash := range keyHashes(10_000, sequentialKey) {
		if got, want := zoned.Owner(hash), plain.Owner(hash); got != want {
			t.Fatalf("Owner(%#x) = %d, without zones %d", hash, got, want)
		}
	}
}

// The second owner may have taken an owner's place while gossip was still to
// notice its death. Once it has, the heir finds there what was loaded meanwhile.
func TestAnHeirWhoIsNotTheSecondHasTheSameSecond(t *testing.T) {
	r := hashring.New(inZones(numbered("node-%d", 20), "a", "b", "c")...)
	without := map[string]*hashring.Ring{}
	for _, m := range r.Members() {
		without[m.Name] = r.Without(m.Name)
	}
	passedOver := 0
	for _, hash := range keyHashes(10_000, sequentialKey) {
		owners := names(r, r.Owners(nil, hash, 2))
		rest := without[owners[0]]
		heirs := names(rest, rest.Owners(nil, hash, 2))
		if heirs[0] != owners[1] {
			passedOver++
			if heirs[1] != owners[1] {
				t.Fatalf("%#x is of %q, and of %q once the first is gone", hash, owners, heirs)
			}
		}
	}
	if passedOver == 0 {
		t.Error("no heir stood in the owner's zone")
	}
}

func TestAChangeOfZoneIsAChangeOfTheRing(t *testing.T) {
	plain := hashring.New(numbered("node-%d", 3)...)
	moved := plain.With(hashring.Member{Name: "node-2", Zone: "a"})
	if moved == plain || moved.Fingerprint() == plain.Fingerprint() {
		t.Error("a member's zone makes no difference to the ring")
	}
	if back := moved.With(hashring.Member{Name: "node-2"}); back.Fingerprint() != plain.Fingerprint() {
		t.Error("a zone that was taken back does")
	}
	other := plain.With(hashring.Member{Name: "node-2", Zone: "b"})
	if other.Fingerprint() == moved.Fingerprint() {
		t.Error("two zones make no difference to the ring")
	}
}

// Owners must see zones come and go by With and Without as by New.
func TestZonesComeAndGo(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	r := hashring.New()
	for range 300 {
		m := numbered("node-%d", 12)[rnd.IntN(12)]
		if m.Zone = []string{"", "a", "b"}[rnd.IntN(3)]; rnd.IntN(3) == 0 {
			r = r.Without(m.Name)
		} else {
			r = r.With(m)
		}
		fresh, hash := hashring.New(r.Members()...), rnd.Uint64()
		if got, want := r.Owners(nil, hash, 3), fresh.Owners(nil, hash, 3); !slices.Equal(got, want) {
			t.Fatalf("Owners(%#x) = %v, made at once %v", hash, got, want)
		}
		if r.Fingerprint() != fresh.Fingerprint() {
			t.Fatal("fingerprints differ")
		}
	}
}

func BenchmarkOwnersInZones(b *testing.B) {
	for _, zones := range [][]string{{"a", "b", "c"}, append(slices.Repeat([]string{"a"}, 99), "b")} {
		b.Run(fmt.Sprintf("largest=%d%%", 100*countFirst(zones)/len(zones)), func(b *testing.B) {
			r := hashring.New(inZones(numbered("node-%d", 100), zones...)...)
			dst := make([]int, 0, 2)
			b.ReportAllocs()
			hash := uint64(0)
			for b.Loop() {
				hash += 0x9e3779b97f4a7c15
				dst = r.Owners(dst[:0], splitMix(hash), 2)
			}
		})
	}
}

// countFirst returns how many of the zones are the first.
func countFirst(zones []string) int {
	n := 0
	for _, zone := range zones {
		if zone == zones[0] {
			n++
		}
	}
	return n
}
