package node_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestANodeThatHasLeftKeepsNothing(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{})
		keys := append(ownedBy(nodes[0], "scores", 10), ownedBy(nodes[1], "scores", 10)...)
		for _, key := range keys {
			if err := groups[0].Set(t.Context(), key, node.Value{Data: []byte(key)}); err != nil {
				t.Fatal(err)
			}
		}
		nodes[1].Empty()
		for _, key := range keys[:10] {
			for range 50 { // often enough for copies to be kept
				mustGet(t, groups[1], key, key)
			}
		}
		if s := groups[1].Stats(); s.Owned.Entries+s.Hot.Entries > 0 {
			t.Errorf("it holds %d entries and %d copies", s.Owned.Entries, s.Hot.Entries)
		}
		for _, key := range keys[10:] { // it takes none, and the next owner does
			if err := groups[0].Set(t.Context(), key, node.Value{Data: []byte("new")}); err != nil {
				t.Errorf("Set of a key of a node that has left: %v", err)
			}
			mustGet(t, groups[0], key, "new")
		}
	})
}

func TestWhatIsSetAtANodeThatLeavesIsNotLost(t *testing.T) {
	for name, leave := range map[string]func(*node.Node){"as it hands over": (*node.Node).StopIntake, "once it has": (*node.Node).Empty} {
		t.Run(name, func(t *testing.T) {
			nodes := nodetest.Start(t, 2)
			groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
			keys := ownedBy(nodes[0], "scores", 10)
			leave(nodes[0])
			for i, key := range keys {
				mustSet(t, groups[i%2], key, "set") // here and from afar
			}
			for _, key := range keys {
				if _, has := groups[1].Held(key); !has {
					t.Errorf("%q is kept by the one that leaves alone", key)
				}
			}
		})
	}
}

func TestWhatIsSetUnderARingThatIsOutOfDateReachesItsOwner(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
	keys := ownedBy(nodes[2], "scores", 20)
	nodes[0].DisturbRing(nodes[1].Self().Name)
	for _, key := range keys {
		mustSet(t, groups[0], key, "set")
	}
	nodes[0].RestoreRing()
	for _, key := range keys {
		waitFor(t, "the owner has it", func() bool { _, has := groups[2].Held(key); return has })
	}
}
