package node_test

import (
	"net"
	"slices"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// stopper is a listener whose connections can be stopped: like those of a process that got SIGSTOP, they stay open and
// are not read.
type stopper struct {
	net.Listener
	mu   sync.Mutex
	gate chan struct{} // guarded by mu; closed while the connections are read
}

func listen(t testing.TB) *stopper {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &stopper{Listener: l, gate: make(chan struct{})}
	close(s.gate)
	t.Cleanup(s.resume)
	return s
}

func (s *stopper) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &stoppedConn{c, s}, nil
}

func (s *stopper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate = make(chan struct{})
}

func (s *stopper) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.gate:
	default:
		close(s.gate)
	}
}

func (s *stopper) wait() {
	s.mu.Lock()
	gate := s.gate
	s.mu.Unlock()
	<-gate
}

type stoppedConn struct {
	net.Conn
	s *stopper
}

func (c *stoppedConn) Read(b []byte) (int, error) {
	c.s.wait()
	n, err := c.Conn.Read(b)
	c.s.wait() // what came while it was stopped
	return n, err
}

// fixedPeers starts n nodes that know each other without gossip, the last of which can be stopped.
func fixedPeers(t testing.TB, n int) ([]*node.Node, *stopper) {
	t.Helper()
	var nodes []*node.Node
	var urls []string
	last := listen(t)
	for i := range n {
		cfg := node.Config{Listen: "127.0.0.1:0"}
		if i == n-1 {
			cfg = node.Config{Listener: last}
		}
		started, err := node.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { started.Close() })
		nodes, urls = append(nodes, started), append(urls, "http://"+started.Self().HTTPAddr)
	}
	t.Cleanup(last.resume)
	for _, n := range nodes {
		if err := n.SetPeers(urls...); err != nil {
			t.Fatal(err)
		}
	}
	return nodes, last
}

func TestAStoppedPeerCostsOneAttemptAndItsKeysOneLoad(t *testing.T) {
	nodes, stopped := fixedPeers(t, 4)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
	keys := ownedBy(nodes[3], "scores", 100)
	stopped.stop()
	for _, g := range groups[:3] {
		for _, key := range keys {
			mustGet(t, g, key, key)
		}
		if n := sent(g)["no-reply"]; n == 0 || n > 4 {
			t.Errorf("%d requests of a node had no reply, want one or two and some probes", n)
		}
	}
	if n := o.calls.Load(); n != int64(len(keys)) {
		t.Errorf("%d loads of %d keys whose owner is stopped", n, len(keys))
	}
	stopped.resume()
	key := keys[slices.IndexFunc(keys, func(key string) bool { // one that the first node does not hold meanwhile
		return nodes[0].Owners("scores", key, 2)[1].Name != nodes[0].Self().Name
	})]
	waitFor(t, "the owner is asked again", func() bool {
		before := groups[3].Stats().Served
		mustGet(t, groups[0], key, key)
		return groups[3].Stats().Served > before
	})
}

func TestCopiesAnswerForAStoppedOwner(t *testing.T) {
	nodes, stopped := fixedPeers(t, 3)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1, Replicas: 2})
	var keys []string // whose copy is on the second node, while the first one asks
	for _, key := range ownedBy(nodes[2], "scores", 100) {
		if nodes[0].Owners("scores", key, 2)[1].Name == nodes[1].Self().Name {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		mustGet(t, groups[0], key, key)
	}
	waitFor(t, "the copies are written", func() bool { return groups[1].Stats().Owned.Entries == len(keys) })
	before := o.calls.Load()
	stopped.stop()
	for _, key := range keys {
		mustGet(t, groups[0], key, key)
	}
	if n := o.calls.Load() - before; n != 0 {
		t.Errorf("%d loads of keys of which there are copies", n)
	}
	if n := sent(groups[0])["no-reply"]; n > 2 {
		t.Errorf("%d requests to the stopped owner were waited for to the end", n)
	}
}
