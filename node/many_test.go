package node_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestGetManyAsksEachOwnerOnce(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(4)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		forgetPreviousRings(nodes)
		keys := testKeys(500)
		for range 2 { // cold, and then warm
			before := requests(groups[0])
			found, err := groups[0].GetMany(t.Context(), keys)
			if err != nil || len(found) != len(keys) {
				t.Fatalf("found %d of %d: %v", len(found), len(keys), err)
			}
			for _, key := range keys {
				if found[key].String() != key {
					t.Fatalf("%q came as %q", key, found[key])
				}
			}
			if n := requests(groups[0]) - before; n != 3 {
				t.Errorf("%d requests to the 3 other owners", n)
			}
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
		var gets uint64
		for _, n := range groups[0].Stats().Gets {
			gets += n
		}
		if gets != 2*uint64(len(keys)) {
			t.Errorf("%d Gets were counted, want each of %d once", gets, 2*len(keys))
		}
	})
}

// forgetPreviousRings makes nodes ask nobody who might hold a key before they load it.
func forgetPreviousRings(nodes []*node.Node) {
	for _, n := range nodes {
		n.ForgetPreviousRing()
	}
}

// requests counts those that were sent to peers.
func requests(g *node.Group) (sum uint64) {
	for _, n := range sent(g) {
		sum += n
	}
	return sum
}

func TestGetManyAndGetsShareTheirFlights(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
			return node.Value{Data: []byte(key)}, sleep(ctx, 20*time.Millisecond)
		}}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		forgetPreviousRings(nodes)
		keys := testKeys(100)
		var all sync.WaitGroup
		for _, g := range groups {
			for range 4 {
				all.Go(func() {
					if found, err := g.GetMany(t.Context(), append(keys, keys[0])); err != nil || len(found) != len(keys) {
						t.Errorf("found %d of %d: %v", len(found), len(keys), err)
					}
				})
				all.Go(func() { wantGet(t, g, keys[50], keys[50]) })
			}
		}
		all.Wait()
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}

func TestGetManyReturnsWhatItHasAtItsDeadline(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: func(ctx context.Context, key string) (node.Value, error) {
			if key == "slow" {
				<-ctx.Done()
				return node.Value{}, ctx.Err()
			}
			return node.Value{Data: []byte(key)}, nil
		}})
		keys := testKeys(50)
		for _, g := range groups {
			if _, err := g.GetMany(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := g.GetMany(ctx, append(keys, "slow"))
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the deadline's error", err)
			}
		}
	})
}

func TestGetManyOfMoreThanMayBeLoadedAtOnce(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load, MaxLoads: 2}) {
			var keys []string
			for i := range 5000 {
				keys = append(keys, fmt.Sprint(g.Name(), requests(g), "/", i))
			}
			if found, err := g.GetMany(t.Context(), keys); err != nil || len(found) != len(keys) {
				t.Errorf("found %d of %d: %v", len(found), len(keys), err)
			}
		}
	})
}

func TestGetManyGoesOnWithoutAnOwnerThatIsGone(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
		nodes[2].Close()
		keys := testKeys(300)
		if found, err := groups[0].GetMany(t.Context(), keys); err != nil || len(found) != len(keys) {
			t.Errorf("found %d of %d: %v", len(found), len(keys), err)
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}

func TestGetManyOfValuesThatFillMoreThanAReply(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := &origin{answer: func(_ context.Context, key string) (node.Value, error) {
			return node.Value{Data: make([]byte, 1<<20)}, nil
		}}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, MaxBytes: 256 << 20, HotTTL: -1})
		keys := ownedBy(nodes[1], "scores", 24)
		found, err := groups[0].GetMany(t.Context(), keys)
		if err != nil || len(found) != len(keys) {
			t.Errorf("found %d of %d: %v", len(found), len(keys), err)
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%s loads of %d keys", strconv.FormatInt(n, 10), len(keys))
		}
	})
}
