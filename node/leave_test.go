package node_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestNodesThatLeaveAtOnceLeaveEverythingToThoseWhoStay(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(6)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		keys := testKeys(2000)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		before := o.calls.Load()
		var leaving sync.WaitGroup
		for _, n := range nodes[3:] {
			leaving.Go(func() {
				if err := n.Leave(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		leaving.Wait()
		nodetest.WaitAgreed(t, nodes[:3]...)
		for _, n := range nodes[:3] {
			n.ForgetPreviousRing()
		}
		wantLoads(t, o, before, 0, groups[1], keys)
	})
}

func TestALeaveThatIsCutShortLeavesNothingHalfDone(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stopped := s.fixedPeers(2)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		keys := ownedBy(nodes[0], "scores", 200)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		stopped.stop()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := nodes[0].Leave(ctx); err == nil {
			t.Error("it left its entries to a node that takes none, and says nothing")
		}
		if s := nodes[0].Stats().HandOver; s.Running || !s.Leaving || s.Given != 0 {
			t.Errorf("it tells of %+v", s)
		}
		stopped.resume()
		for _, key := range keys {
			mustGet(t, groups[1], key, key)
		}
	})
}

func BenchmarkLeave(b *testing.B) {
	const entries, size = 64 << 10, 1 << 10
	cfg := node.GroupConfig{MaxBytes: 1 << 30, HotTTL: -1}
	keys, value := testKeys(entries), node.Value{Data: make([]byte, size)}
	b.SetBytes(entries * size)
	for b.Loop() {
		b.StopTimer()
		nodes := nodetest.Start(b, 2)
		groups := nodetest.Group(b, nodes, "scores", cfg)
		leaving, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
		if err != nil {
			b.Fatal(err)
		}
		g := nodetest.Group(b, []*node.Node{leaving}, "scores", cfg)[0]
		for _, key := range keys {
			if err := g.Set(b.Context(), key, value); err != nil {
				b.Fatal(err)
			}
		}
		if err := leaving.Join(b.Context(), nodes[0].Self().GossipAddr); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := leaving.Leave(b.Context()); err != nil {
			b.Fatal(err)
		}
		if n := held(groups); n < entries*99/100 {
			b.Fatalf("%d of %d entries were handed over", n, entries)
		}
	}
}
