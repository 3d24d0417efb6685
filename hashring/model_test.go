package hashring_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/cespare/xxhash/v2"

	"github.com/p2pcache/p2pcache/hashring"
)

// model is what a ring means, in the fewest words: weights by name, all points
// in one sorted list, made anew for every question.
type model map[string]int

type modelPoint struct {
	position uint32
	name     string
}

func (m model) points() []modelPoint {
	var points []modelPoint
	for name, weight := range m {
		state := xxhash.Sum64String(name)
		for range 1024 * min(max(weight, 1), 100) {
			state += 0x9e3779b97f4a7c15
			points = append(points, modelPoint{uint32(splitMix(state) >> 32), name})
		}
	}
	slices.SortFunc(points, func(a, b modelPoint) int {
		if a.position != b.position {
			return int(int64(a.position) - int64(b.position))
		}
		return strings.Compare(a.name, b.name)
	})
	return points
}

func splitMix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// modelOwners returns up to n owners of hash by name.
func modelOwners(points []modelPoint, hash uint64, n int) []string {
	first := sort.Search(len(points), func(i int) bool {
		return points[i].position >= uint32(hash>>32)
	})
	var owners []string
	for i := range points {
		name := points[(first+i)%len(points)].name
		if len(owners) < n && !slices.Contains(owners, name) {
			owners = append(owners, name)
		}
	}
	return owners
}

func (m model) members() []hashring.Member {
	var members []hashring.Member
	for name, weight := range m {
		members = append(members, hashring.Member{Name: name, Weight: weight})
	}
	return members // in the map's order, which is any
}

// checkAgainst fails t unless r answers as m does, at random hashes and at the
// edges of points.
func checkAgainst(t testing.TB, r *hashring.Ring, m model, rnd *rand.Rand) {
	t.Helper()
	if r.Len() != len(m) {
		t.Fatalf("ring has %d members, want %d", r.Len(), len(m))
	}
	for i, member := range r.Members() {
		weight, ok := m[member.Name]
		if !ok || member.Weight != min(max(weight, 1), hashring.MaxWeight) {
			t.Fatalf("ring has member %+v; the model has weight %d (%v)", member, weight, ok)
		}
		if r.Index(member.Name) != i {
			t.Fatalf("Index(%q) = %d, want %d", member.Name, r.Index(member.Name), i)
		}
	}
	points := m.points()
	for _, hash := range probes(points, rnd) {
		want := modelOwners(points, hash, 3)
		if got := names(r, r.Owners(nil, hash, 3)); !slices.Equal(got, want) {
			t.Fatalf("Owners(%#x, 3) = %q, want %q", hash, got, want)
		}
		owner := r.Owner(hash)
		if len(m) == 0 {
			if owner != -1 {
				t.Fatalf("Owner(%#x) of the empty ring = %d, want -1", hash, owner)
			}
		} else if got := r.Members()[owner].Name; got != want[0] {
			t.Fatalf("Owner(%#x) = %q, want %q", hash, got, want[0])
		}
	}
}

// probes returns hashes worth a look: the ends of the circle, random ones, and
// those at, just before and just after points.
func probes(points []modelPoint, rnd *rand.Rand) []uint64 {
	hashes := []uint64{0, 1, math.MaxUint64, math.MaxUint32 << 32}
	for range 20 {
		hashes = append(hashes, rnd.Uint64())
	}
	if len(points) == 0 {
		return hashes
	}
	at := []modelPoint{points[0], points[len(points)-1]}
	for range 10 {
		at = append(at, points[rnd.IntN(len(points))])
	}
	for _, p := range at {
		hash := uint64(p.position) << 32
		hashes = append(hashes, hash-1, hash, hash|math.MaxUint32, hash+(1<<32))
	}
	return hashes
}

func names(r *hashring.Ring, indexes []int) []string {
	var names []string
	for _, i := range indexes {
		names = append(names, r.Members()[i].Name)
	}
	return names
}

func TestAnyOrderOfJoinsAndLeavesGivesTheModelsRing(t *testing.T) {
	for seed := range uint64(10) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		m, r := model{}, hashring.New()
		for step := range 40 {
			name := fmt.Sprintf("node-%d", rnd.IntN(12))
			if rnd.IntN(3) == 0 {
				delete(m, name)
				r = r.Without(name)
			} else {
				m[name] = rnd.IntN(5) - 1
				r = r.With(hashring.Member{Name: name, Weight: m[name]})
			}
			if step%5 == 0 {
				checkAgainst(t, r, m, rnd)
			}
		}
		fresh := hashring.New(m.members()...)
		checkAgainst(t, fresh, m, rnd)
		if fresh.Fingerprint() != r.Fingerprint() {
			t.Fatalf("seed %d: fingerprint %#x after joins and leaves, %#x made at once",
				seed, r.Fingerprint(), fresh.Fingerprint())
		}
	}
}

func TestRingThatGrowsAndShrinksStaysTheModelsRing(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	order := rnd.Perm(80)
	m, r := model{}, hashring.New()
	change := func(i int, apply func(name string)) {
		apply(fmt.Sprintf("node-%d", order[i]))
		if i%10 == 0 {
			checkAgainst(t, r, m, rnd)
		}
	}
	for i := range order {
		change(i, func(name string) {
			m[name] = 1
			r = r.With(hashring.Member{Name: name})
		})
	}
	rnd.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for i := range order {
		change(i, func(name string) {
			delete(m, name)
			r = r.Without(name)
		})
	}
	if r.Len() != 0 || r.Fingerprint() != 0 {
		t.Fatalf("ring that all have left has %d members and fingerprint %#x", r.Len(), r.Fingerprint())
	}
}

// With 2^32 positions, some of 150 members' points fall on one position. The
// lesser name has it, whichever came first.
func TestLesserNameOwnsSharedPosition(t *testing.T) {
	m := model{}
	for i := range 150 {
		m[fmt.Sprintf("node-%d", i)] = 1
	}
	forward, backward := hashring.New(), hashring.New()
	sorted := hashring.New(m.members()...).Members()
	for i := range sorted {
		forward = forward.With(sorted[i])
		backward = backward.With(sorted[len(sorted)-1-i])
	}
	shared := 0
	points := m.points()
	for i := range points[1:] {
		p, q := points[i], points[i+1]
		if p.position != q.position || p.name == q.name {
			continue
		}
		shared++
		hash := uint64(p.position) << 32
		for _, r := range []*hashring.Ring{forward, backward, hashring.New(sorted...)} {
			if got, want := names(r, r.Owners(nil, hash, 2)), modelOwners(points, hash, 2); !slices.Equal(got, want) {
				t.Errorf("owners at position %#x = %q, want %q", p.position, got, want)
			}
		}
	}
	if shared == 0 {
		t.Fatal("no two members share a position; the test needs more members")
	}
}
