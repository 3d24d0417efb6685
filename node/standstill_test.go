package node_test

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestANodeThatStoodStillServesNothingThatWasRemovedMeanwhile(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, groups, key := removeAt(t, s, forgottenByAll)
		mustGet(t, groups[2], key, "0") // nobody told it: this is what makes the test one
		nodes[2].StandStill()
		mustGet(t, groups[2], key, "1")
	})
}

func TestANodeThatStoodStillLoadsNothingThatWasNotWritten(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		key := ownedBy(nodes[2], "scores", 1)[0]
		mustGet(t, groups[2], key, "1")
		nodes[2].StandStill()
		for _, g := range groups {
			mustGet(t, g, key, "1") // as the others vouch for it
		}
		nodes[2].EndDoubt()
		mustGet(t, groups[2], key, "1")
		asked := requests(groups[2])
		mustGet(t, groups[2], key, "1")
		if n := requests(groups[2]); n != asked {
			t.Errorf("what was confirmed is confirmed again: %d more requests", n-asked)
		}
	})
}

func TestAStandstillThatNobodyNoticedLeavesNoDoubt(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		key := ownedBy(nodes[2], "scores", 1)[0]
		mustGet(t, groups[2], key, "1")
		const long = time.Second              // more than the others wait before they take a member for dead
		pauseFor(long + 500*time.Millisecond) // or they would not have known each other for as long
		for _, n := range nodes {             // nobody can vouch for it
			n.StandStillFor(long)
		}
		for _, g := range groups {
			mustGet(t, g, key, "1")
		}
		for _, n := range nodes {
			waitFor(t, "nothing is in doubt", func() bool { return !n.InDoubt() })
		}
		mustGet(t, groups[2], key, "1")
	})
}

func TestANodeThatStoodStillHandsNothingOverThatWasRemovedMeanwhile(t *testing.T) {
	for name, leaves := range map[string]bool{"to one that joins": false, "as it leaves": true} {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(t *testing.T, s simulation) {
				nodes := s.start(3)
				var state atomic.Int64
				cfg := node.GroupConfig{HotTTL: -1, Load: func(context.Context, string) (node.Value, error) {
					return node.Value{Data: []byte(strconv.FormatInt(state.Load(), 10))}, nil
				}}
				groups := nodetest.Group(t, nodes, "scores", cfg)
				keys := ownedBy(nodes[2], "scores", 200)
				for _, key := range keys {
					mustGet(t, groups[2], key, "0")
				}
				removed, kept := keys[:100], keys[100:]
				forgottenByAll(nodes[0], nodes[1], nodes[2].Self().Name)
				if err := groups[0].Remove(t.Context(), removed...); err != nil {
					t.Fatal(err)
				}
				state.Store(1)
				nodes[2].StandStill()
				heirs, served := nodes[:2], groups[:2]
				if leaves {
					if err := nodes[2].Leave(t.Context()); err != nil {
						t.Fatal(err)
					}
				} else {
					fourth := s.restart("fourth", nodes[0].Self().GossipAddr)
					heirs, served = []*node.Node{fourth}, nodetest.Group(t, []*node.Node{fourth}, "scores", cfg)
				}
				for i, heir := range heirs {
					heir.ForgetPreviousRing()
					for _, key := range kept {
						if heir.Owners("scores", key, 1)[0].Name == heir.Self().Name {
							waitFor(t, "what was kept is handed over", func() bool { _, held := served[i].Held(key); return held })
							mustGet(t, served[i], key, "0")
						}
					}
					for _, key := range removed {
						if heir.Owners("scores", key, 1)[0].Name == heir.Self().Name {
							mustGet(t, served[i], key, "1")
						}
					}
				}
			})
		})
	}
}

func TestWhoeverLooksAtTheClockFindsWhatIsHeldInDoubtAfterAStandstill(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		n := s.start(1)[0]
		for range 200 {
			n.EndDoubt()
			n.Continue(time.Hour)
			var look sync.WaitGroup
			for range 4 {
				look.Go(func() {
					n.SeeClock()
					if !n.InDoubt() {
						t.Error("the clock is seen, and nothing is in doubt")
					}
				})
			}
			look.Wait()
		}
	})
}
