// Package nodetest starts clusters in the process of a test.
package nodetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// agreeWithin is how long the members of a new cluster may take to know each other.
const agreeWithin = 2 * time.Minute

// Start starts a cluster of n nodes, which find each other over loopback, and returns them once all of them know all
// others. They are closed when the test ends. If edit is given, it is called with the Config of each node before it starts.
func Start(t testing.TB, n int, edit ...func(i int, cfg *node.Config)) []*node.Node {
	t.Helper()
	if n < 1 {
		t.Fatalf("a cluster of %d nodes: want 1 or more", n)
	}
	var nodes []*node.Node
	for i := range n {
		cfg := node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"}
		for _, f := range edit {
			f(i, &cfg)
		}
		started, err := node.New(cfg)
		if err != nil {
			t.Fatalf("start node %d of %d: %v", i+1, n, err)
		}
		t.Cleanup(func() {
			if err := started.Close(); err != nil {
				t.Errorf("close a node: %v", err)
			}
		})
		nodes = append(nodes, started)
	}
	join(t, nodes)
	return nodes
}

func join(t testing.TB, nodes []*node.Node) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), agreeWithin)
	defer cancel()
	for _, n := range nodes[1:] {
		if err := n.Join(ctx, nodes[0].Self().GossipAddr); err != nil {
			t.Logf("%s did not join at once, and goes on trying: %v", n.Self().Name, err)
		}
	}
	WaitAgreed(t, nodes...)
}

// WaitAgreed waits until the nodes know each other and nobody else, each at the same address, and that they do, and have the same ring.
// The test fails if that takes two minutes.
func WaitAgreed(t testing.TB, nodes ...*node.Node) {
	t.Helper()
	deadline := time.Now().Add(agreeWithin)
	for !agreed(nodes) {
		if time.Now().After(deadline) {
			for _, n := range nodes {
				t.Logf("%s knows %+v, ring %x", n.Self().Name, n.Members(), n.Stats().RingHash)
			}
			t.Fatalf("%d nodes did not agree on the ring within %v", len(nodes), agreeWithin)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func agreed(nodes []*node.Node) bool {
	ring, members := nodes[0].Stats().RingHash, nodes[0].Members()
	for _, n := range nodes {
		s := n.Stats()
		if len(members) != len(nodes) || !s.Settled || s.RingHash != ring || !slices.Equal(n.Members(), members) {
			return false
		}
	}
	return true
}

// Group makes the same group on each of the nodes.
func Group(t testing.TB, nodes []*node.Node, name string, cfg node.GroupConfig) []*node.Group {
	t.Helper()
	var groups []*node.Group
	for _, n := range nodes {
		g, err := n.NewGroup(name, cfg)
		if err != nil {
			t.Fatal(err)
		}
		groups = append(groups, g)
	}
	return groups
}
