package hashring_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

func TestHashTellsGroupFromKey(t *testing.T) {
	seen := map[uint64]string{}
	for _, pair := range [][2]string{
		{"", ""}, {"", "a"}, {"a", ""}, {"a", "b"}, {"b", "a"}, {"ab", "c"}, {"a", "bc"}, {"", "abc"}, {"abc", ""},
		{"a", "a"}, {"b", "b"}, {"a/b", "c"}, {"a", "b/c"}, {"a\x00", "b"}, {"a", "\x00b"},
	} {
		hash, name := hashring.Hash(pair[0], pair[1]), fmt.Sprintf("%q", pair)
		if other, ok := seen[hash]; ok {
			t.Errorf("%s and %s have one hash, %#x", name, other, hash)
		}
		seen[hash] = name
	}
}

func TestHashIsTheNamespacesHash(t *testing.T) {
	if got, want := hashring.NewNamespace("scores").Hash("Tom"), hashring.Hash("scores", "Tom"); got != want {
		t.Errorf("NewNamespace(group).Hash(key) = %#x, Hash(group, key) = %#x", got, want)
	}
}

// Were positions in two groups related, the keys of one member in one group
// would gather on few members in the other.
func TestPositionsInDifferentGroupsAreUnrelated(t *testing.T) {
	const keys, members = 100_000, 10
	r := hashring.New(numbered("node-%d", members)...)
	scores, users := hashring.NewNamespace("scores"), hashring.NewNamespace("users")
	var table [members][members]int
	for i := range keys {
		key := sequentialKey(i)
		table[r.Owner(scores.Hash(key))][r.Owner(users.Hash(key))]++
	}
	const want = float64(keys) / members / members
	for i, row := range table {
		for j, n := range row {
			if math.Abs(float64(n)-want) > 0.3*want {
				t.Errorf("%d keys belong to member %d in one group and to member %d in the other, want about %.0f",
					n, i, j, want)
			}
		}
	}
}

// The cache indexes its store by the bits that the ring does not read, so the
// lower ones must be as good as the upper ones.
func TestEveryBitOfHashDependsOnTheKey(t *testing.T) {
	const keys = 100_000
	var ones [64]int
	for _, hash := range keyHashes(keys, sequentialKey) {
		for bit := range ones {
			ones[bit] += int(hash >> bit & 1)
		}
	}
	for bit, n := range ones {
		if math.Abs(float64(n)/keys-0.5) > 0.01 {
			t.Errorf("bit %d is set for %d of %d keys, want half", bit, n, keys)
		}
	}
}

func TestHashAllocatesNothing(t *testing.T) {
	scores := hashring.NewNamespace("scores")
	var sum uint64
	if n := testing.AllocsPerRun(100, func() { sum += scores.Hash("user:000001") }); n != 0 {
		t.Errorf("Hash allocates %v times, want 0", n)
	}
}
