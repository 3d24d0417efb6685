package hashring_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

// numbered returns n members of weight 1, named by format.
func numbered(format string, n int) []hashring.Member {
	members := make([]hashring.Member, n)
	for i := range members {
		members[i].Name = fmt.Sprintf(format, i+1)
	}
	return members
}

// keyHashes returns the hashes of n keys that key spells.
func keyHashes(n int, key func(i int) string) []uint64 {
	scores := hashring.NewNamespace("scores")
	hashes := make([]uint64, n)
	for i := range hashes {
		hashes[i] = scores.Hash(key(i))
	}
	return hashes
}

func sequentialKey(i int) string { return fmt.Sprintf("user:%06d", i+1) }

// count returns how many of the hashes each member of r owns.
func count(r *hashring.Ring, hashes []uint64) []int {
	counts := make([]int, r.Len())
	for _, hash := range hashes {
		counts[r.Owner(hash)]++
	}
	return counts
}

func TestKeysSpreadEvenly(t *testing.T) {
	const keys = 1_000_000
	rnd := rand.New(rand.NewPCG(1, 2))
	kinds := map[string][]uint64{
		"sequential keys": keyHashes(keys, sequentialKey),
		"random keys":     keyHashes(keys, func(int) string { return fmt.Sprintf("%x", rnd.Uint64()) }),
	}
	for _, size := range []struct {
		members int
		limit   float64
	}{{10, 1.10}, {100, 1.10}, {1000, 1.20}} {
		r := hashring.New(numbered("node-%d", size.members)...)
		for kind, hashes := range kinds {
			largest := slices.Max(count(r, hashes))
			ratio := float64(largest) * float64(size.members) / keys
			t.Logf("%d members, %s: max/mean %.3f", size.members, kind, ratio)
			if ratio > size.limit {
				t.Errorf("%d members, %s: the largest share is %.3f of the mean, want at most %.2f",
					size.members, kind, ratio, size.limit)
			}
		}
	}
}

// A thousand keys are few enough that a poor hash of similar keys would leave
// members without any.
func TestFewSequentialKeysReachEveryMember(t *testing.T) {
	r := hashring.New(numbered("node-%d", 10)...)
	for i, n := range count(r, keyHashes(1000, sequentialKey)) {
		if n < 50 || n > 150 {
			t.Errorf("%s owns %d of 1000 sequential keys, want about 100", r.Members()[i].Name, n)
		}
	}
}

func TestShareFollowsWeight(t *testing.T) {
	const keys = 1_000_000
	members := []hashring.Member{
		{Name: "small", Weight: 1}, {Name: "middle", Weight: 2}, {Name: "large", Weight: 5}, {Name: "huge", Weight: 12},
	}
	r := hashring.New(members...)
	counts := count(r, keyHashes(keys, sequentialKey))
	for _, m := range members {
		want := float64(m.Weight) / 20
		got := float64(counts[r.Index(m.Name)]) / keys
		if math.Abs(got-want) > 0.1*want {
			t.Errorf("%s of weight %d in 20 owns %.4f of the keys, want %.4f", m.Name, m.Weight, got, want)
		}
	}
}

func TestJoinMovesItsShareOfKeysAndOnlyToTheJoiner(t *testing.T) {
	const joiners = 8
	hashes := keyHashes(500_000, sequentialKey)
	for _, n := range []int{10, 100, 1000} {
		r := hashring.New(numbered("node-%d", n)...)
		moved := 0
		for j := range joiners {
			joiner := hashring.Member{Name: fmt.Sprintf("late-%d", j)}
			moved += checkMoves(t, r, r.With(joiner), joiner.Name, hashes)
		}
		ratio := float64(moved) / joiners / float64(len(hashes)) * float64(n+1)
		t.Logf("join to %d members: moved %.3f of 1/(n+1) of the keys", n, ratio)
		if math.Abs(ratio-1) > 0.05 {
			t.Errorf("join to %d members moves %.3f of 1/(n+1) of the keys, want within 5 %%", n, ratio)
		}
	}
}

func TestGreaterWeightMovesKeysOnlyToItsMember(t *testing.T) {
	hashes := keyHashes(100_000, sequentialKey)
	r := hashring.New(numbered("node-%d", 10)...)
	heavier := r.With(hashring.Member{Name: "node-7", Weight: 3})
	moved := checkMoves(t, r, heavier, "node-7", hashes)
	if got, want := float64(moved)/float64(len(hashes)), 3./12-1./10; math.Abs(got-want) > 0.02 {
		t.Errorf("weight 3 in place of 1 moves %.3f of the keys, want about %.3f", got, want)
	}
}

// checkMoves returns how many hashes change their owner between the rings, and
// fails t if one of them goes to any member but the one called to.
func checkMoves(t *testing.T, before, after *hashring.Ring, to string, hashes []uint64) (moved int) {
	t.Helper()
	for _, hash := range hashes {
		was := before.Members()[before.Owner(hash)].Name
		is := after.Members()[after.Owner(hash)].Name
		if was == is {
			continue
		}
		moved++
		if is != to {
			t.Fatalf("hash %#x moves from %s to %s when %s joins", hash, was, is, to)
		}
	}
	return moved
}

func TestSecondOwnerOwnsTheHashOnceTheFirstIsGone(t *testing.T) {
	r := hashring.New(numbered("node-%d", 20)...)
	hashes := keyHashes(10_000, sequentialKey)
	for i, m := range r.Members() {
		rest := r.Without(m.Name)
		for _, hash := range hashes {
			owners := r.Owners(nil, hash, 2)
			heir := owners[0]
			if heir == i {
				heir = owners[1]
			}
			want := r.Members()[heir].Name
			if got := rest.Members()[rest.Owner(hash)].Name; got != want {
				t.Fatalf("without %s, %s owns %#x, want %s", m.Name, got, hash, want)
			}
		}
	}
}
