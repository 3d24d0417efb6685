package node_test

import (
	"net"
	"slices"
	"sync"
	"testing"
	"time"

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

func stoppable(l net.Listener) *stopper {
	s := &stopper{Listener: l, gate: make(chan struct{})}
	close(s.gate)
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
	select {
	case <-s.gate:
		s.gate = make(chan struct{})
	default: // it is stopped
	}
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

// fixedPeers starts n nodes that know each other without gossip, and returns what stops the last of them.
func (s simulation) fixedPeers(n int) ([]*node.Node, *stopper) {
	s.t.Helper()
	nodes, stoppers := s.stoppablePeers(n)
	return nodes, stoppers[n-1]
}

func (s simulation) stoppablePeers(n int) ([]*node.Node, []*stopper) {
	s.t.Helper()
	var nodes []*node.Node
	var stoppers []*stopper
	var urls []string
	for range n {
		l := stoppable(s.listen())
		cfg := node.Config{Listener: l}
		s.over(0, &cfg)
		started, err := node.New(cfg)
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(func() { started.Close() })
		s.t.Cleanup(l.resume) // before it is closed, which waits for what it serves
		nodes, stoppers, urls = append(nodes, started), append(stoppers, l), append(urls, "http://"+started.Self().HTTPAddr)
	}
	for _, n := range nodes {
		if err := n.SetPeers(urls...); err != nil {
			s.t.Fatal(err)
		}
	}
	return nodes, stoppers
}

func TestAStoppedPeerCostsOneAttemptAndItsKeysOneLoad(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stopped := s.fixedPeers(4)
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
	})
}

func TestCopiesAnswerForAStoppedOwner(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stopped := s.fixedPeers(3)
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
	})
}

func TestANodeThatIsCutOffKeepsNothingInPlaceOfTheOthers(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stoppers := s.stoppablePeers(4)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load})
		for _, s := range stoppers[1:3] {
			s.stop()
		}
		for i := range 2 { // the third one is not known to fail when the first one's keys are loaded
			for _, key := range ownedBy(nodes[i+1], "scores", 30) {
				mustGet(t, groups[0], key, key)
			}
		}
		before := groups[0].Stats().Owned.Entries
		for _, n := range nodes[1:3] {
			for _, key := range ownedBy(n, "scores", 90)[30:] {
				mustGet(t, groups[0], key, key)
			}
		}
		if s := groups[0].Stats(); s.Owned.Entries != before || s.Hot.Entries == 0 {
			t.Errorf("with most peers out of reach, it keeps %d more entries as its own, and %d for a moment", s.Owned.Entries-before, s.Hot.Entries)
		}
	})
}

func TestHedgesAddFewRequests(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stoppers := s.stoppablePeers(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load, HotTTL: -1, Replicas: 2})
		keys := testKeys(1000)
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		waitFor(t, "the copies are written", func() bool { return held(groups) == 2*len(keys) })
		hops := func() (sum uint64) {
			for _, n := range sent(groups[0]) {
				sum += n
			}
			return sum
		}
		before, hopsBefore := groups[0].Stats(), hops()
		for i := range 20 * len(keys) {
			if i%1000 == 0 { // a pause now and then, as a collector of garbage makes it
				stoppers[2].stop()
				time.AfterFunc(20*time.Millisecond, stoppers[2].resume)
			}
			mustGet(t, groups[0], keys[i%len(keys)], keys[i%len(keys)])
		}
		after := groups[0].Stats()
		fetched := after.Gets[node.SourcePeer] - before.Gets[node.SourcePeer]
		if more := hops() - hopsBefore - fetched; more > fetched/50+64 {
			t.Errorf("%d requests beside %d Gets from peers", more, fetched)
		}
	})
}

func TestWhatWasKeptForAPeerIsGivenToItWhenItAnswersAgain(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stopped := s.fixedPeers(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		all := ownedBy(nodes[2], "scores", 5000)
		keys, others := all[:100], all[100:]
		stopped.stop()
		for _, key := range keys {
			mustGet(t, groups[0], key, key)
		}
		stopped.resume()
		waitFor(t, "the owner holds what was loaded in its place", func() bool {
			for _, g := range groups[:2] { // nothing is sent to it otherwise
				mustGet(t, g, others[0], others[0])
				others = others[1:]
			}
			return !slices.ContainsFunc(keys, func(key string) bool {
				_, held := groups[2].Held(key)
				return !held
			})
		})
		for _, key := range keys {
			mustGet(t, groups[2], key, key)
		}
		if n := o.calls.Load(); n > int64(5000-len(others))+10 { // it may find requests that were given up, and load
			t.Errorf("%d loads of %d keys", n, 5000-len(others))
		}
	})
}

func TestAPeerThatIsSlowIsStillAsked(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, peer := s.fixedPeers(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load})
		key := ownedBy(nodes[1], "scores", 1)[0]
		mustGet(t, groups[1], key, key)
		name := nodes[1].Self().Name
		peek := func() bool { return groups[0].Peek(name, key) }
		if !peek() {
			t.Fatal("the peer does not hold its key")
		}
		peer.stop()
		if peek() {
			t.Fatal("it answers while it is stopped")
		}
		peer.resume()
		waitFor(t, "it has been checked", func() bool { _, suspects := nodes[0].Asks(name); return !suspects })
		if asks, _ := nodes[0].Asks(name); !asks || !peek() {
			t.Error("a peer that was slow once is not asked any more")
		}
		peer.stop()
		peek()
		waitFor(t, "a peer that does not answer is asked no more", func() bool { asks, _ := nodes[0].Asks(name); return !asks })
	})
}
