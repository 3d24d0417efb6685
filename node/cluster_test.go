package node_test

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestAKeyIsLoadedOnceInTheWholeCluster(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
			return node.Value{Data: []byte(key)}, sleep(ctx, 50*time.Millisecond)
		}}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
		var all sync.WaitGroup
		for _, g := range groups {
			for range 64 {
				all.Go(func() { wantGet(t, g, "Tom", "Tom") })
			}
		}
		all.Wait()
		if n := o.calls.Load(); n != 1 {
			t.Errorf("%d loads, want 1", n)
		}
		var gets uint64
		for _, g := range groups {
			for _, n := range g.Stats().Gets {
				gets += n
			}
		}
		if gets != 3*64 {
			t.Errorf("%d Gets were counted, want each of %d once", gets, 3*64)
		}
	})
}

func TestGetManyReturnsWhatIsFoundAndTheErrorsOfTheRest(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		boom := errors.New("boom")
		o := &origin{answer: func(_ context.Context, key string) (node.Value, error) {
			switch key {
			case "absent":
				return node.Value{}, node.ErrNotFound
			case "broken":
				return node.Value{}, boom
			}
			return node.Value{Data: []byte(key)}, nil
		}}
		for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load}) {
			found, err := g.GetMany(t.Context(), append(testKeys(300), "absent", "broken"))
			var failed *node.OriginError
			if !errors.As(err, &failed) {
				t.Errorf("got %v, want the origin's error", err)
			}
			if len(found) != 300 || found["user:000299"].String() != "user:000299" {
				t.Errorf("found %d values, want 300", len(found))
			}
		}
	})
}

func TestErrorsAreTheSameOnEveryNodeAndAreNotLoadedAgain(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	for name, test := range map[string]struct {
		answer func(ctx context.Context) (node.Value, error)
		is     error
		origin bool
	}{
		"not found": {func(context.Context) (node.Value, error) { return node.Value{}, node.ErrNotFound }, node.ErrNotFound, false},
		"origin":    {func(context.Context) (node.Value, error) { return node.Value{}, errors.New("boom") }, nil, true},
		"too slow":  {func(ctx context.Context) (node.Value, error) { return node.Value{}, sleep(ctx, time.Hour) }, context.DeadlineExceeded, true},
		"too large": {func(context.Context) (node.Value, error) { return node.Value{Data: make([]byte, 2000)}, nil }, node.ErrTooLarge, false},
		"panic":     {func(context.Context) (node.Value, error) { panic("boom") }, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &origin{answer: func(ctx context.Context, _ string) (node.Value, error) { return test.answer(ctx) }}
			cfg := node.GroupConfig{Load: o.load, LoadTimeout: time.Hour, MaxValueBytes: 1000}
			if name == "too slow" {
				cfg.LoadTimeout = 300 * time.Millisecond
			}
			for i, g := range nodetest.Group(t, nodes, name, cfg) {
				_, err := g.Get(t.Context(), "Tom")
				var failed *node.OriginError
				if err == nil || test.is != nil && !errors.Is(err, test.is) || errors.As(err, &failed) != test.origin {
					t.Errorf("node %d: got %#v", i, err)
				}
				if n := o.calls.Load(); n > int64(i+1) {
					t.Errorf("%d Gets made %d loads", i+1, n)
				}
			}
		})
	}
}

func TestTheOriginsTextReachesPeers(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := &origin{answer: func(context.Context, string) (node.Value, error) { return node.Value{}, errors.New("table is gone") }}
	for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load}) {
		if _, err := g.Get(t.Context(), "Tom"); err == nil || err.Error() != "origin: table is gone" {
			t.Errorf("got %v", err)
		}
	}
}

func TestOnlyHotKeysAreCopied(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
		for _, key := range ownedBy(nodes[0], "scores", 2000) {
			mustGet(t, groups[1], key, key)
		}
		if s := groups[1].Stats(); s.Hot.Entries != 0 {
			t.Errorf("a scan left %d hot copies", s.Hot.Entries)
		}
		hot := ownedBy(nodes[0], "scores", 1)[0]
		for range 1000 {
			mustGet(t, groups[1], hot, hot)
		}
		if s := groups[1].Stats(); s.Hot.Entries != 1 || s.Gets[node.SourceHot] < 900 {
			t.Errorf("of 1000 Gets of one key, %d found a copy; %d copies are held", s.Gets[node.SourceHot], s.Hot.Entries)
		}
	})
}

func TestAMemberWithoutTheGroupIsPassedOver(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := echo()
		groups := nodetest.Group(t, nodes[:1], "scores", node.GroupConfig{Load: o.load})
		for _, key := range testKeys(50) {
			mustGet(t, groups[0], key, key)
		}
	})
}

func TestNodesWhoseRingsDifferNeitherHangNorForwardTwice(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
			return node.Value{Data: []byte(key)}, sleep(ctx, time.Millisecond)
		}}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		nodes[0].ForceRing(nodes[1].Self().Name) // each is sure that the other one owns all keys
		nodes[1].ForceRing(nodes[0].Self().Name)
		keys := testKeys(100)
		var all sync.WaitGroup
		for _, g := range groups {
			for range 8 {
				all.Go(func() {
					for _, key := range keys {
						wantGet(t, g, key, key)
					}
				})
			}
		}
		all.Wait()
		if n := o.calls.Load(); n > int64(2*len(keys)) {
			t.Errorf("%d loads of %d keys on 2 nodes that each load for the other", n, len(keys))
		}

		// One by one, each request can be accounted for: node 0 asks node 1, which peeks at what node 0 holds, and loads.
		asked, peeked, loads := sent(groups[0]), sent(groups[1]), o.calls.Load()
		for i := range keys {
			key := "other:" + strconv.Itoa(i)
			mustGet(t, groups[0], key, key)
		}
		want := uint64(len(keys))
		if n := sent(groups[0])["ok"] - asked["ok"]; n != want {
			t.Errorf("node 0 asked %d times for %d keys", n, want)
		}
		if n := sent(groups[1])["not-cached"] - peeked["not-cached"]; n != want {
			t.Errorf("node 1 peeked %d times for %d keys", n, want)
		}
		asked["ok"] += want
		peeked["not-cached"] += want
		if now := [2]map[string]uint64{sent(groups[0]), sent(groups[1])}; !maps.Equal(now[0], asked) || !maps.Equal(now[1], peeked) {
			t.Errorf("more was sent than that: %v, want %v and %v", now, asked, peeked)
		}
		if n := o.calls.Load() - loads; n != int64(want) {
			t.Errorf("%d loads of %d keys", n, want)
		}
	})
}

// sent counts the requests to peers, by the outcome.
func sent(g *node.Group) map[string]uint64 {
	counts := map[string]uint64{}
	for _, r := range g.Stats().PeerRequests {
		counts[r.Code] += r.Count
	}
	return counts
}

func TestClustersInOneProcessShareNothing(t *testing.T) {
	for i, nodes := range [][]*node.Node{nodetest.Start(t, 2), nodetest.Start(t, 2)} {
		want := strconv.Itoa(i)
		load := func(context.Context, string) (node.Value, error) { return node.Value{Data: []byte(want)}, nil }
		for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: load}) {
			mustGet(t, g, "Tom", want)
		}
	}
}
