package membership_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/membership"
)

func TestTheLastThatStartedAtAnAddressIsThere(t *testing.T) {
	at := func(name string, boot uint64, addr string) membership.Member {
		return membership.Member{Name: name, Boot: boot, GossipAddr: addr}
	}
	b := membership.NewTable("a", 10)
	expect := func(when string, want ...string) {
		t.Helper()
		got := b.Take()
		for i, m := range got[1:] {
			if len(got) != len(want)+1 || m.Name != want[i] {
				t.Fatalf("%s: members are %v, want %v", when, got, want)
			}
		}
		if len(got) != len(want)+1 {
			t.Fatalf("%s: members are %v, want %v", when, got, want)
		}
	}
	b.Put(at("b", 1, "x"))
	b.Put(at("c", 2, "x"))
	expect("c starts where b was", "c")
	b.Put(at("b", 1, "x"))
	expect("somebody has not heard that b is dead", "c")
	b.Put(at("c", 3, "y"))
	expect("c moves", "b", "c")
	b.Put(at("d", 4, "x"))
	b.Put(at("e", 5, "x"))
	expect("d and e start there in turn", "c", "e")
	b.Remove("e")
	expect("e is found dead", "c", "d")
	b.Remove("d")
	b.Remove("b")
	expect("all there are", "c")
	b.Put(at("f", 9, ""))
	expect("f has an address of its own", "c", "f")
	b.Put(at("g", 9, "a"))
	b.Put(at("h", 9, "self"))
	expect("others", "c", "f", "g", "h")
}
