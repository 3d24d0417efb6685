package node_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestPeersSetByHand(t *testing.T) {
	var nodes []*node.Node
	var urls []string
	for range 3 {
		n, err := node.New(node.Config{Listen: "127.0.0.1:0", Name: "ignored", Weight: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		nodes, urls = append(nodes, n), append(urls, "http://"+n.Self().HTTPAddr)
	}
	for i, n := range nodes {
		list := urls
		if i == 1 {
			list = []string{urls[2], urls[0]} // without itself
		}
		if err := n.SetPeers(list...); err != nil {
			t.Fatal(err)
		}
	}
	nodetest.WaitAgreed(t, nodes...)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	for _, g := range groups {
		for _, key := range testKeys(100) {
			mustGet(t, g, key, key)
		}
	}
	if n := o.calls.Load(); n != 100 {
		t.Errorf("%d loads of 100 keys", n)
	}
	if err := nodes[0].Join(t.Context(), "127.0.0.1:7946"); err == nil {
		t.Error("a node that does not gossip joined")
	}
	for _, bad := range []string{"", "http://", "ftp://h:1", "http://h", "http://h:1/path", "h:1?x=y", "http://a b:1", ":80", "h:0", "h:99999", "h:1#f", "https://h:1", "http://u@h:1"} {
		if err := nodes[0].SetPeers(bad); err == nil {
			t.Errorf("SetPeers(%q) was accepted", bad)
		}
	}
	if err := nodes[0].Leave(t.Context()); err != nil {
		t.Error(err)
	}
	for _, key := range testKeys(100) {
		mustGet(t, groups[1], key, key)
	}
}
