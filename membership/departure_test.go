package membership_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/membership"
)

func TestWhatMembersSayOfTheirGoing(t *testing.T) {
	now := membership.Member{Name: "b", Boot: 7}
	drains := now
	drains.Draining = true
	for name, test := range map[string]struct {
		events func(membership.Table)
		want   string
	}{
		"about to leave":         {func(b membership.Table) { b.Put(now); b.Depart("b", 7, false) }, "draining"},
		"old metadata after it":  {func(b membership.Table) { b.Put(now); b.Depart("b", 7, false); b.Put(now) }, "draining"},
		"of an earlier start":    {func(b membership.Table) { b.Put(now); b.Depart("b", 6, false); b.Depart("b", 6, true) }, "there"},
		"left":                   {func(b membership.Table) { b.Put(now); b.Depart("b", 7, true) }, "left"},
		"left, old metadata":     {func(b membership.Table) { b.Put(now); b.Depart("b", 7, true); b.Put(drains) }, "left"},
		"left, and then is gone": {func(b membership.Table) { b.Put(now); b.Depart("b", 7, true); b.Remove("b") }, "left"},
		"gone, and then left":    {func(b membership.Table) { b.Put(now); b.Remove("b"); b.Depart("b", 7, true) }, "left"},
		"gone":                   {func(b membership.Table) { b.Put(now); b.Remove("b") }, "died"},
		"started again": {func(b membership.Table) {
			b.Put(now)
			b.Depart("b", 7, true)
			b.Put(membership.Member{Name: "b", Boot: 8})
		}, "there"},
		"unknown": {func(b membership.Table) { b.Depart("b", 7, true) }, "never there"},
	} {
		t.Run(name, func(t *testing.T) {
			b := membership.NewTable("a", 10)
			test.events(b)
			if got := b.Fate("b"); got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
}

// FuzzTable reads a script of events, four bytes each: what happens, to whom, of which start, and how.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0, 1, 1, 1, 0, 2, 1, 0, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		const limit = 5
		b := membership.NewTable("self", limit)
		for ; len(script) >= 4; script = script[4:] {
			name, boot := string(rune('a'+script[1]%8)), uint64(script[2]%3)
			switch script[0] % 3 {
			case 0:
				b.Put(membership.Member{Name: name, Boot: boot, Draining: script[3]&1 > 0, GossipAddr: string("\x00\x01x"[script[3]>>2%3])})
			case 1:
				b.Depart(name, boot, script[3]&1 > 0)
			default:
				b.Remove(name)
			}
			if script[3]&2 > 0 {
				check(t, b.Take(), limit)
			}
		}
		check(t, b.Take(), limit)
	})
}

// check fails t unless members are sorted, of different names, self among them, and not too many.
func check(t *testing.T, members []membership.Member, limit int) {
	t.Helper()
	self := false
	places := map[string]uint64{}
	for i, m := range members {
		self = self || m.Name == "self"
		if boot, double := places[m.GossipAddr]; double && boot != m.Boot {
			t.Fatalf("members of two starts are at one address: %v", members)
		}
		places[m.GossipAddr] = m.Boot
		if i > 0 && members[i-1].Name >= m.Name {
			t.Fatalf("members are not in order: %v", members)
		}
	}
	if !self || len(members) > limit {
		t.Fatalf("members are %v", members)
	}
}
