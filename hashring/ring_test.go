package hashring_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

func TestEmptyRings(t *testing.T) {
	var none *hashring.Ring
	var zero hashring.Ring
	for name, r := range map[string]*hashring.Ring{
		"nil":           none,
		"zero":          &zero,
		"New":           hashring.New(),
		"all have left": hashring.New(hashring.Member{Name: "a"}).Without("a"),
	} {
		t.Run(name, func(t *testing.T) {
			if r.Len() != 0 || len(r.Members()) != 0 || r.Index("") != -1 || r.Fingerprint() != 0 {
				t.Errorf("Len %d, Members %v, Index %d, Fingerprint %d; want 0, none, -1, 0",
					r.Len(), r.Members(), r.Index(""), r.Fingerprint())
			}
			if got := r.Owner(1 << 63); got != -1 {
				t.Errorf("Owner = %d, want -1", got)
			}
			if got := r.Owners([]int{7}, 0, 3); !slices.Equal(got, []int{7}) {
				t.Errorf("Owners appends %v, want nothing", got[1:])
			}
			if r.Without("a") != r {
				t.Error("Without an absent name is another ring")
			}
			if got := r.With(hashring.Member{Name: "a"}); got.Owner(1<<63) != 0 {
				t.Errorf("with one member, Owner = %d, want 0", got.Owner(1<<63))
			}
		})
	}
}

func TestNewTakesTheLastOfARepeatedName(t *testing.T) {
	r := hashring.New(
		hashring.Member{Name: "b", Weight: 2}, hashring.Member{Name: "a"},
		hashring.Member{Name: "b", Weight: 9}, hashring.Member{Name: "b", Weight: 3})
	want := []hashring.Member{{Name: "a", Weight: 1}, {Name: "b", Weight: 3}}
	if !slices.Equal(r.Members(), want) {
		t.Errorf("Members = %v, want %v", r.Members(), want)
	}
	if same := hashring.New(want...); same.Fingerprint() != r.Fingerprint() {
		t.Error("repeated names change the fingerprint")
	}
}

func TestNewLeavesItsArgumentsAlone(t *testing.T) {
	members := []hashring.Member{{Name: "b"}, {Name: "a", Weight: -1}, {Name: "b", Weight: 1000}}
	before := slices.Clone(members)
	hashring.New(members...)
	if !slices.Equal(members, before) {
		t.Errorf("New changed its arguments to %v", members)
	}
}

func TestWeightsAreClamped(t *testing.T) {
	for weight, want := range map[int]int{
		math.MinInt: 1, -1: 1, 0: 1, 1: 1, 99: 99, 100: 100, 101: 100, math.MaxInt: 100,
	} {
		m := hashring.Member{Name: "a", Weight: weight}
		if got := hashring.New(m).Members()[0].Weight; got != want {
			t.Errorf("New: weight %d becomes %d, want %d", weight, got, want)
		}
		if got := hashring.New(hashring.Member{Name: "b"}).With(m).Members()[0].Weight; got != want {
			t.Errorf("With: weight %d becomes %d, want %d", weight, got, want)
		}
	}
}

func TestNothingChangedIsTheSameRing(t *testing.T) {
	r := hashring.New(numbered("node-%d", 3)...)
	if r.With(hashring.Member{Name: "node-2"}) != r || r.With(hashring.Member{Name: "node-2", Weight: 1}) != r {
		t.Error("With a member that the ring has is another ring")
	}
	if r.Without("node-4") != r {
		t.Error("Without an absent name is another ring")
	}
}

func TestOwners(t *testing.T) {
	r := hashring.New(numbered("node-%d", 5)...)
	const hash = 0x0123456789abcdef
	all := r.Owners(nil, hash, 5)
	if sorted := slices.Sorted(slices.Values(all)); !slices.Equal(sorted, []int{0, 1, 2, 3, 4}) {
		t.Fatalf("five owners of five members are %v", all)
	}
	if all[0] != r.Owner(hash) {
		t.Errorf("the first owner is %d, Owner says %d", all[0], r.Owner(hash))
	}
	for n, want := range map[int]int{math.MinInt: 0, -1: 0, 0: 0, 1: 1, 4: 4, 5: 5, 6: 5, math.MaxInt: 5} {
		if got := r.Owners(nil, hash, n); !slices.Equal(got, all[:want]) {
			t.Errorf("Owners(%d) = %v, want %v", n, got, all[:want])
		}
	}
	dst := []int{all[1], all[0]} // what dst already has is no owner yet
	if got := r.Owners(dst, hash, 2)[2:]; !slices.Equal(got, all[:2]) {
		t.Errorf("Owners appends %v, want %v", got, all[:2])
	}
}

func TestFingerprint(t *testing.T) {
	seen := map[uint64]bool{}
	var someOfEach []hashring.Member
	for _, name := range []string{"", "a", "b", "ab", "a1", "a2"} {
		for weight := range 3 {
			someOfEach = append(someOfEach, hashring.Member{Name: name, Weight: weight + 1})
		}
	}
	note := func(members ...hashring.Member) {
		fingerprint := hashring.New(members...).Fingerprint()
		if seen[fingerprint] {
			t.Errorf("%v has the fingerprint of another ring", members)
		}
		seen[fingerprint] = true
		if uint64(float64(fingerprint)) != fingerprint || fingerprint >= 1<<53 {
			t.Errorf("a float64 does not hold %#x", fingerprint)
		}
	}
	for i, a := range someOfEach {
		note(a)
		for _, b := range someOfEach[i+1:] {
			if a.Name != b.Name {
				note(a, b)
			}
		}
	}
}

func TestLookupAllocatesNothing(t *testing.T) {
	r := hashring.New(numbered("node-%d", 100)...)
	dst := make([]int, 0, 3)
	hash := uint64(1)
	if n := testing.AllocsPerRun(100, func() { hash += uint64(r.Owner(hash)) << 50 }); n != 0 {
		t.Errorf("Owner allocates %v times, want 0", n)
	}
	if n := testing.AllocsPerRun(100, func() { dst = r.Owners(dst[:0], hash, 3) }); n != 0 {
		t.Errorf("Owners allocates %v times where dst has room, want 0", n)
	}
}

// Some of a heavy member's 102,400 points share a position. Were they lost from
// the count as the ring is laid out anew, it would drift with every join.
func TestHeavyMembersThatComeAndGoKeepTheCountOfPoints(t *testing.T) {
	r := hashring.New(numbered("node-%d", 3)...)
	before := r.PointCount()
	for _, heavy := range numbered("heavy-%d", 20) {
		heavy.Weight = hashring.MaxWeight
		r = r.With(heavy)
		if got, want := r.PointCount(), before+100*before/3; got != want {
			t.Fatalf("%d points with %s, want %d", got, heavy.Name, want)
		}
		r = r.Without(heavy.Name)
	}
	if got := r.PointCount(); got != before {
		t.Errorf("%d points after joins and leaves, want %d", got, before)
	}
}

// Readers of a ring see nothing of the rings that others make from it. The race
// detector watches, too.
func TestRingNeverChanges(t *testing.T) {
	r := hashring.New(numbered("node-%d", 50)...)
	members, fingerprint := slices.Clone(r.Members()), r.Fingerprint()
	hashes := keyHashes(5000, sequentialKey)
	var owners []int
	for _, hash := range hashes {
		owners = append(owners, r.Owner(hash))
	}

	var group sync.WaitGroup
	for seed := range uint64(3) {
		group.Go(func() {
			rnd := rand.New(rand.NewPCG(seed, 0))
			for range 30 {
				m := numbered("node-%d", 100)[rnd.IntN(100)]
				m.Weight = 1 + rnd.IntN(4)
				r.With(m).Without(m.Name).With(m)
				r.Without(m.Name).With(m)
			}
		})
	}
	for range 3 {
		group.Go(func() {
			for i, hash := range hashes {
				if got := r.Owner(hash); got != owners[i] {
					t.Errorf("owner of %#x became %d, was %d", hash, got, owners[i])
				}
			}
		})
	}
	group.Wait()

	if !slices.Equal(r.Members(), members) || r.Fingerprint() != fingerprint {
		t.Error("members or fingerprint changed")
	}
	_ = append(r.Members(), hashring.Member{Name: "zzz"})
	if got := r.With(hashring.Member{Name: "node-0"}); got.Len() != 51 {
		t.Errorf("with one more, the ring has %d members, want 51", got.Len())
	}
}
