package node_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

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
	waitFor(t, "the stranger, who goes on trying, is counted", func() bool { return nodes[0].Stats().GossipRefused.Strangers > 0 })
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

func TestTheOriginsTextReachesClientsWhereThatIsWanted(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := &origin{answer: func(context.Context, string) (node.Value, error) { return node.Value{}, errors.New("table is gone") }}
	nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, ExposeErrors: true})
	for _, n := range nodes {
		c, err := node.NewClient(node.ClientConfig{Server: n.Self().HTTPAddr})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Get(t.Context(), "scores", "Tom"); err == nil || err.Error() != "origin: table is gone" {
			t.Errorf("got %v", err)
		}
	}
}
