package node_test

import (
	"errors"
	"flag"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestTheOwnerOfAHotKeyServesLittleOfIt(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(5)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load, HotTTL: time.Minute})
		key := ownedBy(nodes[0], "scores", 1)[0]
		get := func(times int) {
			var all sync.WaitGroup
			for _, g := range groups {
				all.Go(func() {
					for range times {
						wantGet(t, g, key, key)
					}
				})
			}
			all.Wait()
		}
		get(200) // until it is found to be hot
		served := groups[0].Stats().Served
		const times = 2000
		get(times)
		own := groups[0].Stats().Served - served + times
		t.Logf("the owner answered %d of %d Gets on 5 nodes", own, 5*times)
		if own > 5*times*30/100 {
			t.Errorf("the owner answered %d of %d Gets", own, 5*times)
		}
	})
}

var scanned = flag.Int("scan", 20_000, "how many keys TestAScanLeavesNoHotCopies reads")

func TestAScanLeavesNoHotCopies(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load})
		for some := range slices.Chunk(testKeys(*scanned), 5000) {
			if found, err := groups[0].GetMany(t.Context(), some); err != nil || len(found) != len(some) {
				t.Fatalf("found %d of %d: %v", len(found), len(some), err)
			}
		}
		if n := groups[0].Stats().Hot.Entries; n != 0 {
			t.Errorf("a scan of %d keys left %d hot copies", *scanned, n)
		}
	})
}

func TestAMissingKeyIsLoadedOnceForAllNodes(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(5)
		o := &origin{answer: nothing}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, NegativeTTL: time.Hour})
		var all sync.WaitGroup
		for _, g := range groups {
			all.Go(func() {
				for range 200 {
					if _, err := g.Get(t.Context(), "Nobody"); !errors.Is(err, node.ErrNotFound) {
						t.Errorf("got %v, want ErrNotFound", err)
					}
				}
			})
		}
		all.Wait()
		if n := o.calls.Load(); n != 1 {
			t.Errorf("%d loads of a missing key", n)
		}
	})
}
