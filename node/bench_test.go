package node_test

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strconv"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func BenchmarkGetHit(b *testing.B) {
	n, err := node.New(node.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer n.Close()
	g, err := n.NewGroup("scores", node.GroupConfig{Load: func(context.Context, string) (node.Value, error) {
		return node.Value{Data: make([]byte, 100)}, nil
	}})
	if err != nil {
		b.Fatal(err)
	}
	keys := make([]string, 1<<12)
	for i := range keys {
		keys[i] = "user:" + strconv.Itoa(i)
	}
	ctx := context.Background()
	get := func(i int) {
		if _, err := g.Get(ctx, keys[i%len(keys)]); err != nil {
			b.Error(err)
		}
	}
	for i := range keys {
		get(i)
	}
	b.Run("callers=1", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			get(i)
		}
	})
	b.Run("callers=2", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i++ {
				get(i)
			}
		})
	})
}

// BenchmarkGetFromPeer gets what another node holds, and keeps no copies. Both ends share the cores.
func BenchmarkGetFromPeer(b *testing.B) {
	nodes := nodetest.Start(b, 2)
	groups := nodetest.Group(b, nodes, "scores", node.GroupConfig{HotTTL: -1, Load: func(context.Context, string) (node.Value, error) {
		return node.Value{Data: make([]byte, 100)}, nil
	}})
	keys := ownedBy(nodes[1], "scores", 1<<10)
	for _, callers := range []int{2, 64, 256} {
		b.Run("callers="+strconv.Itoa(callers), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(max(1, callers/runtime.GOMAXPROCS(0)))
			b.RunParallel(func(pb *testing.PB) {
				for i := rand.IntN(len(keys)); pb.Next(); i++ { // callers that go in step would share flights
					if _, err := groups[0].Get(context.Background(), keys[i%len(keys)]); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

// BenchmarkGetManyFromPeer gets 100 keys at once that another node holds.
func BenchmarkGetManyFromPeer(b *testing.B) {
	nodes := nodetest.Start(b, 2)
	groups := nodetest.Group(b, nodes, "scores", node.GroupConfig{HotTTL: -1, Load: func(context.Context, string) (node.Value, error) {
		return node.Value{Data: make([]byte, 100)}, nil
	}})
	keys := ownedBy(nodes[1], "scores", 100)
	b.ReportAllocs()
	for b.Loop() {
		if found, err := groups[0].GetMany(context.Background(), keys); err != nil || len(found) != len(keys) {
			b.Fatal(len(found), err)
		}
	}
}

func TestAHitAllocatesNothing(t *testing.T) {
	g := single(t, node.GroupConfig{})
	mustSet(t, g, "Tom", "630")
	if n := testing.AllocsPerRun(1000, func() { mustGet(t, g, "Tom", "630") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
