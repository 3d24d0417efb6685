package node_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

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
		if err := n.Join(t.Context(), seed.Self().GossipAddr); err != nil {
			t.Fatal(err)
		}
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

func TestConfigThatCannotWorkIsRefused(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	spare, err := net.Listen("tcp", "127.0.0.1:0") // New closes it
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		cfg  node.Config
		says string
	}{
		"two listeners":           {node.Config{Listen: "127.0.0.1:0", Listener: spare}, "give one"},
		"a heavy weight":          {node.Config{Weight: 101}, "1 to 100"},
		"a negative weight":       {node.Config{Weight: -1}, "1 to 100"},
		"a negative time":         {node.Config{DrainTimeout: -1}, "positive"},
		"a port in use":           {node.Config{Listen: taken.Addr().String()}, "address already in use"},
		"no port for gossip":      {node.Config{Gossip: "127.0.0.1:0"}, "Advertise"},
		"a name to advertise":     {node.Config{Listen: "127.0.0.1:0", Advertise: "localhost"}, "IP"},
		"no host to advertise":    {node.Config{Advertise: ":80"}, "host:port"},
		"no port to advertise":    {node.Config{Advertise: "127.0.0.1:0"}, "65535"},
		"an open port":            {node.Config{Listen: "0.0.0.0:0", Advertise: "127.0.0.1"}, "Secret"},
		"open gossip":             {node.Config{Listen: "127.0.0.1:0", Gossip: "0.0.0.0:0"}, "Secret"},
		"a gossip name":           {node.Config{Listen: "127.0.0.1:0", Gossip: "localhost:0"}, "IP"},
		"no gossip port":          {node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1"}, "127.0.0.1"},
		"a name that is too long": {node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0", Name: strings.Repeat("n", 600)}, "name is 600 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			n, err := node.New(test.cfg)
			if err == nil {
				n.Close()
				t.Fatal("was accepted")
			}
			if !strings.Contains(err.Error(), test.says) || !strings.HasPrefix(err.Error(), "node: ") {
				t.Errorf("the error does not say %q: %v", test.says, err)
			}
		})
	}
}

func TestGroupConfigThatCannotWorkIsRefused(t *testing.T) {
	n, err := node.New(node.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	for name, cfg := range map[string]node.GroupConfig{
		"MaxBytes": {MaxBytes: -1}, "TTL": {TTL: -1}, "Jitter": {Jitter: -1}, "NegativeTTL": {NegativeTTL: -1}, "StaleFor": {StaleFor: -1},
		"Replicas": {Replicas: 17}, "LoadTimeout": {LoadTimeout: -1}, "MaxLoads": {MaxLoads: -1}, "MaxKeyBytes": {MaxKeyBytes: -1},
		"MaxValueBytes": {MaxValueBytes: -1},
	} {
		if _, err := n.NewGroup("scores", cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("a bad %s: %v", name, err)
		}
	}
	for _, name := range []string{"", "\xff", strings.Repeat("g", 256)} {
		if _, err := n.NewGroup(name, node.GroupConfig{}); err == nil {
			t.Errorf("a group named %q was accepted", name)
		}
	}
	if _, err := n.NewGroup("scores", node.GroupConfig{}); err != nil {
		t.Error(err)
	}
	if _, err := n.NewGroup("scores", node.GroupConfig{}); err == nil {
		t.Error("a second group of one name was accepted")
	}
	if g, ok := n.Group("scores"); !ok || g.Name() != "scores" {
		t.Error("the group is not found by its name")
	}
	if g, ok := n.Group("other"); ok || g != nil {
		t.Error("a group was found that was never made")
	}
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
	if err := nodes[0].Join(t.Context(), nodes[1].Self().GossipAddr); err != nil {
		t.Fatal(err)
	}
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

func TestASecretProtectsTheCluster(t *testing.T) {
	withSecret := func(secret string) func(int, *node.Config) {
		return func(_ int, cfg *node.Config) { cfg.Secret = []byte(secret) }
	}
	nodes := nodetest.Start(t, 2, withSecret("open sesame"))
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	for _, key := range testKeys(20) {
		mustGet(t, groups[0], key, key)
		mustGet(t, groups[1], key, key)
	}
	if n := o.calls.Load(); n != 20 {
		t.Errorf("%d loads of 20 keys: the members do not accept each other's requests", n)
	}
	stranger := nodetest.Start(t, 1, withSecret("something else"))[0]
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := stranger.Join(ctx, nodes[0].Self().GossipAddr); err == nil {
		t.Error("a node with another secret joined")
	}
	for secret, ok := range map[string]bool{"open sesame": true, "wrong": false, "": true} { // on loopback, clients need none
		client, err := node.NewClient(node.ClientConfig{Server: nodes[0].Self().HTTPAddr, Secret: []byte(secret)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Get(t.Context(), "scores", "Tom"); (err == nil) != ok {
			t.Errorf("a client with the secret %q: %v", secret, err)
		}
		client.Close()
	}
}

func TestAClientSeesTheErrorsOfTheCluster(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := &origin{answer: func(_ context.Context, key string) (node.Value, error) {
		if n, err := strconv.Atoi(key); err == nil {
			return node.Value{Data: []byte("n"), TTL: time.Duration(n) * time.Second}, nil
		}
		if key == "secret" {
			return node.Value{}, errors.New("password=hunter2")
		}
		return node.Value{}, node.ErrNotFound
	}}
	nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, MaxKeyBytes: 100, MaxValueBytes: 100})
	ctx := t.Context()
	for _, n := range nodes {
		c, err := node.NewClient(node.ClientConfig{Server: "http://" + n.Self().HTTPAddr})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if v, err := c.Get(ctx, "scores", "60"); err != nil || v.String() != "n" || v.TTL <= 0 || v.TTL > time.Minute {
			t.Errorf("got %q with %v, %v", v, v.TTL, err)
		}
		if _, err := c.Get(ctx, "scores", "Nobody"); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
		if _, err := c.Get(ctx, "nogroup", "Tom"); !errors.Is(err, node.ErrUnknownGroup) || !strings.Contains(err.Error(), "nogroup") {
			t.Errorf("got %v, want ErrUnknownGroup", err)
		}
		if err := c.Set(ctx, "scores", "k", node.Value{Data: make([]byte, 101)}); !errors.Is(err, node.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
		if _, err := c.Get(ctx, "scores", strings.Repeat("k", 101)); !errors.Is(err, node.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
		var failed *node.OriginError
		if _, err := c.Get(ctx, "scores", "secret"); !errors.As(err, &failed) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v, want an OriginError without the origin's text", err)
		}
		if err := c.Set(ctx, "scores", "k", node.Value{Data: []byte("v")}); err != nil {
			t.Error(err)
		}
		if v, err := c.Get(ctx, "scores", "k"); err != nil || v.String() != "v" {
			t.Errorf("got %q, %v", v, err)
		}
		if err := errors.Join(c.Remove(ctx, "scores", "k"), c.Purge(ctx, "scores")); err != nil {
			t.Error(err)
		}
		if _, err := c.Get(ctx, "scores", "k"); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("got %v after the removal, want ErrNotFound", err)
		}
	}
	for _, bad := range []string{"", "h", "ftp://h:1", "http://a b:1"} {
		if _, err := node.NewClient(node.ClientConfig{Server: bad}); err == nil {
			t.Errorf("a server %q was accepted", bad)
		}
	}
}
