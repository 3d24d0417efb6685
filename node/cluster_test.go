package node_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestAKeyIsLoadedOnceInTheWholeCluster(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
		return node.Value{Data: []byte(key)}, sleep(ctx, 50*time.Millisecond)
	}}
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	var all sync.WaitGroup
	for _, g := range groups {
		for range 64 {
			all.Go(func() { mustGet(t, g, "Tom", "Tom") })
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
}

func TestGetManyReturnsWhatIsFoundAndTheErrorsOfTheRest(t *testing.T) {
	nodes := nodetest.Start(t, 3)
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
		"too slow":  {func(ctx context.Context) (node.Value, error) { return node.Value{}, sleep(ctx, time.Minute) }, context.DeadlineExceeded, true},
		"too large": {func(context.Context) (node.Value, error) { return node.Value{Data: make([]byte, 2000)}, nil }, node.ErrTooLarge, false},
		"panic":     {func(context.Context) (node.Value, error) { panic("boom") }, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &origin{answer: func(ctx context.Context, _ string) (node.Value, error) { return test.answer(ctx) }}
			cfg := node.GroupConfig{Load: o.load, LoadTimeout: 300 * time.Millisecond, MaxValueBytes: 1000}
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
	nodes := nodetest.Start(t, 2)
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
}

func TestAMemberWithoutTheGroupIsPassedOver(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := echo()
	groups := nodetest.Group(t, nodes[:1], "scores", node.GroupConfig{Load: o.load})
	for _, key := range testKeys(50) {
		mustGet(t, groups[0], key, key)
	}
}

func TestNodesWhoseRingsDifferNeitherHangNorForwardTwice(t *testing.T) {
	nodes := nodetest.Start(t, 2)
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
					mustGet(t, g, key, key)
				}
			})
		}
	}
	all.Wait()
	for i, g := range groups {
		var sent uint64
		for _, r := range g.Stats().PeerRequests {
			sent += r.Count
		}
		// Each node asks the other one for its own Gets, and once for what the other one holds when it is asked itself.
		if gets, served := g.Stats().Gets[node.SourcePeer], g.Stats().Served; sent == 0 || sent > gets+served {
			t.Errorf("node %d sent %d requests for %d Gets of its own and %d of its peer's: some were forwarded", i, sent, gets, served)
		}
	}
	if n := o.calls.Load(); n > int64(2*len(keys)) {
		t.Errorf("%d loads of %d keys on 2 nodes that each load for the other", n, len(keys))
	}
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
