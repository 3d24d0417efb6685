package node_test

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// single makes a group on a node that opens no port, so that its time can be a bubble's.
func single(t testing.TB, cfg node.GroupConfig) *node.Group {
	t.Helper()
	n, err := node.New(node.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.Close() })
	g, err := n.NewGroup("scores", cfg)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// origin is a Loader that counts its calls and answers each key by answer.
type origin struct {
	calls  atomic.Int64
	answer func(ctx context.Context, key string) (node.Value, error)
}

func (o *origin) load(ctx context.Context, key string) (node.Value, error) {
	o.calls.Add(1)
	return o.answer(ctx, key)
}

// numbered answers each call with its number.
func numbered() *origin {
	o := &origin{}
	o.answer = func(context.Context, string) (node.Value, error) {
		return node.Value{Data: []byte(strconv.FormatInt(o.calls.Load(), 10))}, nil
	}
	return o
}

// nothing is the answer of an origin without any keys.
func nothing(context.Context, string) (node.Value, error) { return node.Value{}, node.ErrNotFound }

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func mustGet(t testing.TB, g *node.Group, key, want string) {
	t.Helper()
	if !wantGet(t, g, key, want) {
		t.FailNow()
	}
}

// wantGet is mustGet for goroutines other than the test's, which may go on.
func wantGet(t testing.TB, g *node.Group, key, want string) bool {
	t.Helper()
	v, err := g.Get(t.Context(), key)
	if err != nil || v.String() != want {
		t.Errorf("Get(%q) = %q, %v; want %q", key, v, err, want)
		return false
	}
	return true
}

func second[T any](_ T, err error) error { return err }

// echo answers each key with itself.
func echo() *origin {
	return &origin{answer: func(_ context.Context, key string) (node.Value, error) {
		return node.Value{Data: []byte(key)}, nil
	}}
}

func testKeys(n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("user:%06d", i)
	}
	return keys
}

// ownedBy returns n keys that belong to a node.
func ownedBy(owner *node.Node, group string, n int) []string {
	var keys []string
	for i := 0; len(keys) < n; i++ {
		key := "key:" + strconv.Itoa(i)
		if owner.Owners(group, key, 1)[0].Name == owner.Self().Name {
			keys = append(keys, key)
		}
	}
	return keys
}

// held is the number of owned entries in all of the groups.
func held(groups []*node.Group) int {
	sum := 0
	for _, g := range groups {
		sum += g.Stats().Owned.Entries
	}
	return sum
}

func waitFor(t testing.TB, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(2 * time.Minute); !done(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
