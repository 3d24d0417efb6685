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

func TestANodeWhoseNameIsTakenOwnsNothing(t *testing.T) {
	a, b, second := gossiping(t, "a"), gossiping(t, "b"), gossiping(t, "b")
	if err := b.Join(t.Context(), a.Self().GossipAddr); err != nil {
		t.Fatal(err)
	}
	nodetest.WaitAgreed(t, a, b)
	var taken *node.NameTakenError
	if err := second.Join(t.Context(), a.Self().GossipAddr); !errors.As(err, &taken) || taken.Holder != b.Self().GossipAddr {
		t.Fatalf("Join by a name that is taken: %v", err)
	}
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
