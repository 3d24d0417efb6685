package node_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestWhenAnOwnerDiesItsKeysAreLoadedOnceAndNoGetFails(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("replicas=%d", replicas), func(t *testing.T) {
			simulate(t, func(t *testing.T, s simulation) {
				nodes := s.start(4)
				o := echo()
				groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, Replicas: replicas, HotTTL: -1})
				keys := ownedBy(nodes[3], "scores", 100)
				for _, key := range keys {
					mustGet(t, groups[0], key, key)
				}
				waitFor(t, "the replicas are written", func() bool { return held(groups) == replicas*len(keys) })
				before := o.calls.Load()
				nodes[3].Close() // without a word: for the others it is dead
				for range 3 {
					for _, g := range groups[:3] {
						for _, key := range keys {
							mustGet(t, g, key, key)
						}
					}
				}
				want := int64(len(keys))
				if replicas > 1 {
					want = 0
				}
				if n := o.calls.Load() - before; n != want {
					t.Errorf("%d loads of %d keys whose owner died, want %d", n, len(keys), want)
				}
				nodetest.WaitAgreed(t, nodes[:3]...)
			})
		})
	}
}

func TestALeavingNodeHandsOverWhatItOwns(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1, TTL: time.Hour, StaleFor: time.Hour})
		keys := testKeys(500)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		if err := nodes[2].Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		nodetest.WaitAgreed(t, nodes[:2]...)
		for _, key := range keys {
			mustGet(t, groups[1], key, key)
			if v, _ := groups[1].Get(t.Context(), key); v.TTL <= 0 || v.TTL > time.Hour {
				t.Fatalf("%q came over with a TTL of %v, of one hour", key, v.TTL)
			}
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys, want each loaded once, before the node left", n, len(keys))
		}
	})
}

func TestAJoiningNodeAsksThePreviousOwnersBeforeTheOrigin(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := echo()
		cfg := node.GroupConfig{Load: o.load, HotTTL: -1}
		groups := nodetest.Group(t, nodes, "scores", cfg)
		keys := testKeys(300)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		third := s.node("")
		groups = append(groups, nodetest.Group(t, []*node.Node{third}, "scores", cfg)...)
		if err := third.Join(t.Context(), nodes[0].Self().GossipAddr); err != nil {
			t.Fatal(err)
		}
		nodetest.WaitAgreed(t, nodes[0], nodes[1], third)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		if n := o.calls.Load(); n > int64(len(keys)+len(keys)/200) {
			t.Errorf("%d loads of %d keys: the joining node did not take over warm", n, len(keys))
		}
		if n := groups[2].Stats().Owned.Entries; n == 0 {
			t.Error("the joining node holds nothing")
		}
	})
}

func TestOwnersAreTheSameOnEveryNodeAndTheSecondTakesOver(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		for _, key := range testKeys(100) {
			want := nodes[0].Owners("scores", key, 3)
			for _, n := range nodes[1:] {
				if got := n.Owners("scores", key, 5); fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("owners of %q: %v here, %v there", key, got, want)
				}
			}
		}
		next := map[string]string{}
		for _, key := range ownedBy(nodes[2], "scores", 100) {
			next[key] = nodes[0].Owners("scores", key, 2)[1].Name
		}
		if err := nodes[2].Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		nodetest.WaitAgreed(t, nodes[:2]...)
		for key, name := range next {
			if got := nodes[0].Owners("scores", key, 1)[0].Name; got != name {
				t.Errorf("%q went to %s, was announced for %s", key, got, name)
			}
		}
	})
}

func TestARollOfRestartsUnderLoadIsHardlyNoticedByTheOrigin(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(4)
		o := echo()
		cfg := node.GroupConfig{Load: o.load, HotTTL: -1}
		groups := nodetest.Group(t, nodes, "scores", cfg)
		keys := testKeys(400)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for _, g := range groups[:2] {
			readers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
						if !wantGet(t, g, keys[i%len(keys)], keys[i%len(keys)]) {
							return
						}
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
		before := o.calls.Load()
		for i := 2; i < 4; i++ {
			name := nodes[i].Self().Name
			if err := nodes[i].Leave(t.Context()); err != nil {
				t.Error(err)
			}
			n := s.node(name)
			nodetest.Group(t, []*node.Node{n}, "scores", cfg)
			if err := n.Join(t.Context(), nodes[0].Self().GossipAddr); err != nil {
				t.Fatal(err)
			}
			nodes[i] = n
			nodetest.WaitAgreed(t, nodes...)
		}
		close(stop)
		readers.Wait()
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		n := o.calls.Load() - before
		t.Logf("%d loads of %d resident keys over the roll", n, len(keys))
		if n > int64(len(keys)/10) {
			t.Errorf("%d loads of %d resident keys over the roll: half of them changed hands twice, and hardly one should be loaded", n, len(keys))
		}
	})
}

func TestASetThatDoesNotFitLeavesWhatWasThere(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{MaxBytes: 1 << 20})
		if err := groups[0].Set(t.Context(), "Tom", node.Value{Data: []byte("630")}); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			if err := g.Set(t.Context(), "Tom", node.Value{Data: make([]byte, 1<<20)}); !errors.Is(err, node.ErrTooLarge) {
				t.Errorf("got %v, want ErrTooLarge", err)
			}
			mustGet(t, g, "Tom", "630")
		}
	})
}

func TestAColdStartDoesNotStormTheOrigin(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		const nodes, maxLoads = 5, 4
		var running, most atomic.Int64
		o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
			now := running.Add(1)
			defer running.Add(-1)
			for old := most.Load(); now > old && !most.CompareAndSwap(old, now); old = most.Load() {
			}
			return node.Value{Data: []byte(key)}, sleep(ctx, time.Millisecond)
		}}
		keys := testKeys(200)
		var started []*node.Node
		var callers sync.WaitGroup
		for range nodes {
			n := s.node("")
			started = append(started, n)
			g := nodetest.Group(t, started[len(started)-1:], "scores", node.GroupConfig{Load: o.load, MaxLoads: maxLoads})[0]
			for range 16 { // they ask before the nodes know each other
				callers.Go(func() {
					for _, key := range keys {
						wantGet(t, g, key, key)
					}
				})
			}
		}
		for _, n := range started[1:] {
			if err := n.Join(t.Context(), started[0].Self().GossipAddr); err != nil {
				t.Fatal(err)
			}
		}
		nodetest.WaitAgreed(t, started...)
		callers.Wait()
		if n := most.Load(); n > nodes*maxLoads {
			t.Errorf("%d loads ran at once, of %d allowed on each of %d nodes", n, maxLoads, nodes)
		}
		if n := o.calls.Load(); n > int64(nodes*len(keys)) {
			t.Errorf("%d loads of %d keys by %d nodes", n, len(keys), nodes)
		}
	})
}
