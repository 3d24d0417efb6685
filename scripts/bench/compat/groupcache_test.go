package compat_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang/groupcache"

	"github.com/p2pcache/p2pcache/node"
)

// keys that a careless path would change.
var keys = []string{
	"Tom", "a b", "a+b", "a/b", "a//b", "/a", "a/", "100%", "%2F", "ü", "\xff\x00", "a?b=c&d", "a#b", ".", "..", "../x", strings.Repeat("k", 1000),
}

const group = "scores"

// pool is the one HTTPPool that a process may have.
type pool struct {
	*groupcache.HTTPPool
	group *groupcache.Group
	url   string
	loads atomic.Int64
}

func startPool(t *testing.T) *pool {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	p := &pool{url: "http://" + server.Listener.Addr().String()}
	p.HTTPPool = groupcache.NewHTTPPoolOpts(p.url, &groupcache.HTTPPoolOptions{BasePath: "/_gocache/"})
	p.group = groupcache.NewGroup(group, 1<<20, groupcache.GetterFunc(func(_ context.Context, key string, dest groupcache.Sink) error {
		p.loads.Add(1)
		if key == "absent" {
			return errors.New("the pool's origin does not have it")
		}
		return dest.SetString("pool's " + key)
	}))
	server.Config.Handler = p.HTTPPool
	server.Start()
	t.Cleanup(server.Close)
	return p
}

func startNode(t *testing.T) *node.Node {
	t.Helper()
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", GroupcacheCompat: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	_, err = n.NewGroup(group, node.GroupConfig{HotTTL: -1, Load: func(_ context.Context, key string) (node.Value, error) {
		if key == "absent" {
			return node.Value{}, node.ErrNotFound
		}
		return node.Value{Data: []byte("node's " + key), TTL: time.Minute}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestGroupcacheAndANodeFetchFromEachOther(t *testing.T) {
	p := startPool(t)
	t.Run("the pool from the node", func(t *testing.T) { poolFetches(t, p) })
	t.Run("the node from the pool", func(t *testing.T) { nodeFetches(t, p) })
}

func poolFetches(t *testing.T, p *pool) {
	n := startNode(t)
	p.Set("http://" + n.Self().HTTPAddr)
	for _, key := range keys {
		var value string
		if err := p.group.Get(t.Context(), key, groupcache.StringSink(&value)); err != nil || value != "node's "+key {
			t.Errorf("the pool got %q of key %q, %v", value, key, err)
		}
	}
	if p.loads.Load() != 0 {
		t.Errorf("the pool loaded %d values itself", p.loads.Load())
	}
	var value string
	if err := p.group.Get(t.Context(), "absent", groupcache.StringSink(&value)); err == nil {
		t.Errorf("the pool got %q of a key that the node's origin does not have", value)
	}
}

// nodeFetches has a node whose one peer is the pool get keys that the pool owns.
func nodeFetches(t *testing.T, p *pool) {
	n := startNode(t)
	if err := n.SetPeers("http://"+n.Self().HTTPAddr, p.url); err != nil {
		t.Fatal(err)
	}
	p.Set(p.url)
	g, _ := n.Group(group)
	owned := 0
	for i := range 200 {
		key := keys[i%len(keys)] + strings.Repeat("+", i/len(keys))
		if n.Owners(group, key, 1)[0] == n.Self() {
			continue
		}
		owned++
		if v, err := g.Get(t.Context(), key); err != nil || string(v.Data) != "pool's "+key {
			t.Errorf("the node got %.100q of key %.100q, %v", v.Data, key, err)
		}
	}
	if owned < 20 {
		t.Errorf("the pool owns %d keys of 200", owned)
	}
}
