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

// pool is the one HTTPPool that a process may have, which is why this test cannot be run with -count.
type pool struct {
	*groupcache.HTTPPool
	url   string
	loads atomic.Int64
}

func startPool(t *testing.T) *pool {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	p := &pool{url: "http://" + server.Listener.Addr().String()}
	p.HTTPPool = groupcache.NewHTTPPoolOpts(p.url, &groupcache.HTTPPoolOptions{BasePath: "/_gocache/"})
	server.Config.Handler = p.HTTPPool
	server.Start()
	t.Cleanup(server.Close)
	return p
}

// newGroup makes a group of the pool. Each test has one of its own: the pool keeps copies of some of what it fetches.
func (p *pool) newGroup(name string) *groupcache.Group {
	return groupcache.NewGroup(name, 1<<20, groupcache.GetterFunc(func(_ context.Context, key string, dest groupcache.Sink) error {
		p.loads.Add(1)
		if key == "absent" {
			return errors.New("the pool's origin does not have it")
		}
		return dest.SetString("pool's " + key)
	}))
}

func startNode(t *testing.T, group string) (*node.Node, *node.Group) {
	t.Helper()
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", GroupcacheCompat: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	g, err := n.NewGroup(group, node.GroupConfig{HotTTL: -1, Load: func(_ context.Context, key string) (node.Value, error) {
		if key == "absent" {
			return node.Value{}, node.ErrNotFound
		}
		return node.Value{Data: []byte("node's " + key), TTL: time.Minute}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return n, g
}

func TestGroupcacheAndANodeFetchFromEachOther(t *testing.T) {
	p := startPool(t)
	t.Run("the pool from the node", func(t *testing.T) { poolFetches(t, p) })
	t.Run("the node from the pool", func(t *testing.T) { nodeFetches(t, p) })
}

func poolFetches(t *testing.T, p *pool) {
	group := p.newGroup("fetched-from-node")
	n, _ := startNode(t, group.Name())
	p.Set("http://" + n.Self().HTTPAddr)
	for _, key := range keys {
		var value string
		if err := group.Get(t.Context(), key, groupcache.StringSink(&value)); err != nil || value != "node's "+key {
			t.Errorf("the pool got %q of key %q, %v", value, key, err)
		}
	}
	if p.loads.Load() != 0 {
		t.Errorf("the pool loaded %d values itself", p.loads.Load())
	}
	var value string
	if err := group.Get(t.Context(), "absent", groupcache.StringSink(&value)); err == nil {
		t.Errorf("the pool got %q of a key that the node's origin does not have", value)
	}
}

func nodeFetches(t *testing.T, p *pool) {
	group := p.newGroup("fetched-from-pool").Name()
	n, g := startNode(t, group)
	p.Set(p.url) // a pool that asked the node in turn would wait for itself
	if err := n.SetPeers(p.url); err != nil {
		t.Fatal(err)
	}
	fetched := 0
	for _, key := range keys {
		if n.Owners(group, key, 1)[0].HTTPAddr == n.Self().HTTPAddr {
			continue
		}
		fetched++
		if v, err := g.Get(t.Context(), key); err != nil || string(v.Data) != "pool's "+key {
			t.Errorf("the node got %q of key %q, %v", v.Data, key, err)
		}
	}
	if fetched == 0 {
		t.Error("the node owns all keys: none was fetched")
	}
}
