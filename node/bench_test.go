package node_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/p2pcache/p2pcache/node"
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
