package node_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestANodeThatIsClosedSaysSo(t *testing.T) {
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	g := nodetest.Group(t, []*node.Node{n}, "scores", node.GroupConfig{Load: echo().load})[0]
	mustGet(t, g, "Tom", "Tom")
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ctx := t.Context()
	_, many := g.GetMany(ctx, []string{"Tom", "Jack"})
	_, group := n.NewGroup("other", node.GroupConfig{})
	for what, err := range map[string]error{
		"Get": second(g.Get(ctx, "Tom")), "GetMany": many, "Set": g.Set(ctx, "Tom", node.Value{}), "Remove": g.Remove(ctx, "Tom"),
		"Purge": g.Purge(ctx), "NewGroup": group, "Join": n.Join(ctx, "127.0.0.1:7946"), "SetPeers": n.SetPeers("http://127.0.0.1:1"),
	} {
		if !errors.Is(err, node.ErrClosed) {
			t.Errorf("%s: got %v, want ErrClosed", what, err)
		}
	}
	if err := n.Leave(ctx); err != nil {
		t.Errorf("Leave after Close: %v", err)
	}
	if n.Self().Name == "" || len(n.Members()) != 1 || len(n.Owners("scores", "Tom", 1)) != 1 {
		t.Error("what a closed node knew is gone")
	}
}

func TestCloseEndsGetsThatAreUnderWay(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	started := make(chan struct{}, 1000)
	o := &origin{answer: func(ctx context.Context, _ string) (node.Value, error) {
		started <- struct{}{}
		<-ctx.Done()
		return node.Value{}, ctx.Err()
	}}
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	var all sync.WaitGroup
	for _, g := range groups {
		for _, key := range testKeys(20) {
			all.Go(func() {
				if v, err := g.Get(t.Context(), key); err == nil {
					t.Errorf("got %q from a loader that never answered", v)
				}
			})
		}
	}
	<-started
	for _, n := range nodes {
		all.Go(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestRestartsInALoopLeaveNothingBehind(t *testing.T) {
	seed := nodetest.Start(t, 1)[0]
	restart := func() {
		n, err := node.New(node.Config{Name: "again", Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		g := nodetest.Group(t, []*node.Node{n}, "scores", node.GroupConfig{Load: echo().load})[0]
		join(t, n, seed)
		mustGet(t, g, "Tom", "Tom")
		if err := n.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	restart()
	descriptors := countDescriptors(t)
	for range 5 {
		restart()
	}
	waitFor(t, "descriptors are back to where they were", func() bool { return countDescriptors(t) <= descriptors })
}

func countDescriptors(t testing.TB) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}

func TestANodeInAServerOfOnesOwn(t *testing.T) {
	var nodes []*node.Node
	for range 2 {
		server := httptest.NewUnstartedServer(nil)
		n, err := node.New(node.Config{Advertise: server.Listener.Addr().String(), Gossip: "127.0.0.1:0"})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		server.Config.Handler = n.Handler()
		server.Start()
		defer server.Close()
		nodes = append(nodes, n)
	}
	join(t, nodes[0], nodes[1])
	nodetest.WaitAgreed(t, nodes...)
	o := echo()
	for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load}) {
		for _, key := range testKeys(20) {
			mustGet(t, g, key, key)
		}
	}
	if n := o.calls.Load(); n != 20 {
		t.Errorf("%d loads of 20 keys", n)
	}
}

func TestPathsOutsideTheProtocolAreTheFallbacks(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n, err := node.New(node.Config{Listener: l, Fallback: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusTeapot)
	})})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for path, want := range map[string]int{
		"/": http.StatusTeapot, "/healthz": http.StatusTeapot, "/_gocache/scores/Tom": http.StatusNotFound, "/_gocache/": http.StatusBadRequest,
	} {
		resp, err := http.Get("http://" + n.Self().HTTPAddr + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, resp.StatusCode, want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestALeaveIsSharedByItsCallers(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load})
		keys := ownedBy(nodes[1], "scores", 1000)
		for _, key := range keys {
			mustGet(t, groups[1], key, key)
		}
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				if err := nodes[1].Leave(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		waitFor(t, "the node leaves", func() bool { return nodes[1].Self().Draining })
		if err := nodes[1].Leave(impatient); err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("a caller without time got %v", err)
		}
		all.Wait()
		if n := groups[0].Stats().Owned.Entries; n != len(keys) {
			t.Errorf("%d of %d entries were handed over", n, len(keys))
		}
	})
}
