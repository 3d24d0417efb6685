package hashring_test

import (
	"math/rand/v2"
	"testing"

	"github.com/p2pcache/p2pcache/hashring"
)

// FuzzRing reads a script of joins and leaves, four bytes each: what to do, whose
// name, its weight, and which kind of name.
func FuzzRing(f *testing.F) {
	f.Add([]byte{1, 0, 1, 0, 1, 1, 2, 0, 0, 0, 0, 0}, "node", uint64(0))
	f.Add([]byte{1, 0, 255, 1, 1, 0, 3, 1, 1, 200, 0, 1}, "", uint64(1)<<63)
	f.Add([]byte{0, 7, 7, 7}, "\x00\xff", ^uint64(0))
	f.Fuzz(func(t *testing.T, script []byte, prefix string, seed uint64) {
		var r *hashring.Ring
		m := model{}
		for range min(len(script)/4, 24) {
			join, who, weight, kind := script[0]&3 > 0, script[1], int(int8(script[2])), script[3]
			script = script[4:]
			name := prefix + string(rune(who))
			if kind&1 == 1 {
				name = string([]byte{who & 3})
			}
			if join {
				m[name] = min(weight, 4) // a great weight costs the model too much time
				r = r.With(hashring.Member{Name: name, Weight: m[name]})
			} else {
				delete(m, name)
				r = r.Without(name)
			}
		}
		checkAgainst(t, r, m, rand.New(rand.NewPCG(seed, 0)))
		if fresh := hashring.New(m.members()...); fresh.Fingerprint() != r.Fingerprint() {
			t.Fatalf("fingerprint %#x, made at once %#x", r.Fingerprint(), fresh.Fingerprint())
		}
	})
}
