package node_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// FuzzAnyKey shows that each byte string is a key, and comes back unchanged through every node.
func FuzzAnyKey(f *testing.F) {
	for _, key := range []string{
		"", "Tom", "/", "//", ".", "..", "../etc/passwd", "a/../b", "a+b", "a b", "%", "%2F", "?q=1#f", "\x00", "\xff\xfe", "\r\n", "Ünï",
		strings.Repeat("\x80/", node.DefaultMaxKeyBytes/2),
	} {
		f.Add(key)
	}
	nodes := nodetest.Start(f, 3)
	o := echo()
	groups := nodetest.Group(f, nodes, "any / group?", node.GroupConfig{Load: o.load, MaxBytes: 1 << 20})
	f.Fuzz(func(t *testing.T, key string) {
		if len(key) > node.DefaultMaxKeyBytes {
			key = key[:node.DefaultMaxKeyBytes]
		}
		for _, g := range groups {
			mustGet(t, g, key, key)
		}
		value := append([]byte("set:"), key...)
		if err := groups[len(key)%3].Set(t.Context(), key, node.Value{Data: value}); err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			c, err := node.NewClient(node.ClientConfig{Server: n.Self().HTTPAddr})
			if err != nil {
				t.Fatal(err)
			}
			v, err := c.Get(t.Context(), "any / group?", key)
			if err != nil || !bytes.Equal(v.Data, value) {
				t.Errorf("through %s: %q, %v; want %q", n.Self().Name, v, err, value)
			}
			c.Close()
		}
		if err := groups[0].Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	})
	f.Cleanup(func() {
		if err := nodes[0].Close(); err != nil && !errors.Is(err, node.ErrClosed) {
			f.Error(err)
		}
	})
}
