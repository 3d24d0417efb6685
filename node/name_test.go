package node_test

import (
	"errors"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// gossiping starts a node of that name on free ports of loopback.
func gossiping(t testing.TB, name string) *node.Node {
	t.Helper()
	n, err := node.New(node.Config{Name: name, Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	return n
}

// join has a node join another, and again where that fails, as one that is busy may take too long to answer.
func join(t testing.TB, n, seed *node.Node) {
	t.Helper()
	waitFor(t, n.Self().Name+" has joined", func() bool {
		err := n.Join(t.Context(), seed.Self().GossipAddr)
		if err != nil {
			t.Log(err)
		}
		return err == nil
	})
}

func TestANodeWhoseNameIsTakenOwnsNothing(t *testing.T) {
	a, b, second := gossiping(t, "a"), gossiping(t, "b"), gossiping(t, "b")
	join(t, b, a)
	nodetest.WaitAgreed(t, a, b)
	var taken *node.NameTakenError
	waitFor(t, "it is told whose the name is", func() bool {
		return errors.As(second.Join(t.Context(), a.Self().GossipAddr), &taken) && taken.Holder == b.Self().GossipAddr
	})
	if members := second.Members(); len(members) != 2 || members[1] != b.Self() {
		t.Fatalf("the node sees %v, want the name's holder in its place", members)
	}
	o := echo()
	groups := nodetest.Group(t, []*node.Node{a, b, second}, "scores", node.GroupConfig{Load: o.load})
	for _, key := range testKeys(100) {
		mustGet(t, groups[2], key, key)
	}
	if loads := groups[2].Stats().OriginLoads; loads != 0 {
		t.Errorf("the node that owns nothing loaded %d keys", loads)
	}
	if err := second.Leave(t.Context()); err != nil {
		t.Error(err)
	}
	if got := len(a.Members()); got != 2 || len(b.Members()) != 2 {
		t.Errorf("the cluster was disturbed: %v", a.Members())
	}
}
