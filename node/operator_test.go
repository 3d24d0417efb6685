package node_test

import (
	"context"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestArcsAreTheRingAsItIs(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	const points = 1 << 12
	arcs, count := nodes[0].Arcs(points), map[string]int{}
	for i, name := range nodes[2].Arcs(points) {
		count[name]++
		if arcs[i] != name {
			t.Fatalf("point %d belongs to %s on one node, to %s on another", i, arcs[i], name)
		}
	}
	for _, n := range nodes {
		if got := count[n.Self().Name]; got < points/4 || got > points/2 {
			t.Errorf("%s owns %d of %d points, want about a third", n.Self().Name, got, points)
		}
	}
	if got := nodes[0].Arcs(0); len(got) != 0 {
		t.Errorf("%d owners of no point", len(got))
	}
}

func TestAKeyIsAtOnePositionOnAllNodes(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	at := nodes[0].Position("scores", "Tom")
	if at != nodes[1].Position("scores", "Tom") || at == nodes[0].Position("scores", "Jack") || at < 0 || at > 1 {
		t.Errorf("at %v, want one place from 0 to 1 that is Tom's", at)
	}
}

func TestWhatANodeHolds(t *testing.T) {
	nodes := nodetest.Start(t, 1)
	g := nodetest.Group(t, nodes, "notes", node.GroupConfig{})[0]
	if _, ok := g.Held("k"); ok {
		t.Error("holds what nobody put")
	}
	if err := g.Set(context.Background(), "k", node.Value{Data: []byte("text"), TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	held, ok := g.Held("k")
	if !ok || held.From != node.SourceLocal || held.Bytes != 4 || held.TTL <= 0 || held.TTL > time.Hour || held.Absent {
		t.Errorf("holds %+v, %v; want 4 bytes for an hour", held, ok)
	}
	if gets := g.Stats().Gets[node.SourceLocal]; gets != 0 {
		t.Errorf("%d Gets counted, want none", gets)
	}
}
