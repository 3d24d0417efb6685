package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

// heldMany is a Handler that holds the keys that begin with "held" or "large", and has to work for others. The value of each key
// begins with the key.
type heldMany struct{ handler }

func newHeldMany() *heldMany {
	h := &heldMany{}
	h.serve = func(_ context.Context, r transport.Request) transport.Response {
		resp := transport.Response{}
		for _, key := range r.Keys {
			if strings.HasPrefix(key, "panic") {
				panic(key)
			}
			runtime.Gosched() // while others are read into the memory that this request was read into
			resp.Items = append(resp.Items, valueOf(key))
		}
		return resp
	}
	return h
}

func valueOf(key string) transport.Response {
	value := append([]byte(key), '.')
	switch {
	case strings.HasPrefix(key, "large"):
		value = append(value, make([]byte, 48<<10)...)
	case strings.HasPrefix(key, "held-medium"): // 256 of them are no large reply, but with what is around them
		value = bytes.Repeat(value, 10)[:120]
	}
	return transport.Response{Value: value, Version: uint64(len(key))}
}

// ServeCached implements transport.CachedHandler.
func (h *heldMany) ServeCached(transport.Request) (transport.Response, bool) {
	return transport.Response{}, false
}

// ServeManyCached implements transport.CachedManyHandler.
func (h *heldMany) ServeManyCached(r transport.Request, items []transport.Response, missing []int) []int {
	for i, key := range r.Keys {
		if r.Group == "g" && (strings.HasPrefix(key, "held") || strings.HasPrefix(key, "large")) {
			items[i] = valueOf(key)
		} else {
			missing = append(missing, i)
		}
	}
	return missing
}

// manyOf are keys of some kinds, in turn.
func manyOf(count, seed int, kinds ...string) []string {
	keys := make([]string, count)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s-%d-%d", kinds[i%len(kinds)], seed, i)
	}
	return keys
}

func TestManyKeysOfWhichSomeAreHeldComeInOrder(t *testing.T) {
	h := newHeldMany()
	c := connect(t, transport.ClientConfig{Addr: serve(t, transport.ServerConfig{Handler: h})})
	var all sync.WaitGroup
	for seed := range 16 {
		all.Go(func() {
			var memory []transport.Response
			for round, keys := range [][]string{
				manyOf(100, seed, "held"), manyOf(100, seed, "held", "miss"), manyOf(7, seed, "miss"), manyOf(3, seed, "large"),
				manyOf(3, seed, "large", "miss"), manyOf(transport.MaxKeys, seed, "held", "miss"), {"", "", ""},
				manyOf(256, seed, "held-medium"), manyOf(255, seed, "held-medium"), manyOf(256, seed+1, "held-medium"), {"held", "held"},
			} {
				r := transport.Request{Op: transport.GetMany, Group: "g", Keys: keys, Peer: round != 1 || seed%2 == 0, Items: memory}
				resp, err := c.Do(within(t), r)
				if err != nil || resp.Code != transport.OK || len(resp.Items) != len(keys) {
					t.Errorf("%d keys: %v %v %s, %d items", len(keys), err, resp.Code, resp.Text, len(resp.Items))
					return
				}
				for i, key := range keys {
					if want := valueOf(key); !bytes.Equal(resp.Items[i].Value, want.Value) {
						t.Errorf("%q came as %.40q", key, resp.Items[i].Value)
					}
				}
				memory = resp.Items
			}
		})
	}
	all.Wait()
}

func TestAHeldPartOfManyKeysIsNoAnswerToTheRest(t *testing.T) {
	h := newHeldMany()
	c := connect(t, transport.ClientConfig{Addr: serve(t, transport.ServerConfig{Handler: h})})
	for what, test := range map[string]struct {
		group string
		keys  []string
		want  transport.Code
	}{
		"a panic":       {"g", []string{"held", "panic", "miss"}, transport.Internal},
		"no such group": {"none", []string{"held"}, transport.UnknownGroup},
		"no keys":       {"g", nil, transport.BadRequest},
		"too many keys": {"g", manyOf(transport.MaxKeys+1, 0, "held"), transport.BadRequest},
	} {
		r := transport.Request{Op: transport.GetMany, Group: test.group, Keys: test.keys, Peer: true}
		if resp := must(t, c, r); resp.Code != test.want || resp.Items != nil {
			t.Errorf("%s: %v %s with %d items, want %v", what, resp.Code, resp.Text, len(resp.Items), test.want)
		}
	}
	h.serve = func(context.Context, transport.Request) transport.Response {
		return transport.Response{Items: make([]transport.Response, 1)}
	}
	if resp := must(t, c, transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{"miss", "held", "miss"}, Peer: true}); resp.Code != transport.Internal {
		t.Errorf("a handler that leaves keys out: %v", resp.Code)
	}
}
