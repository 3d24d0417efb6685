package membership_test

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/membership"
)

// key returns an AES key, another one for each n.
func key(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

func keyed(name string, k []byte) membership.Config {
	cfg := steady(name)
	cfg.Key = k
	return cfg
}

// eachDoes calls f on all, one after the other, as an operator would.
func eachDoes(t testing.TB, all []*membership.Cluster, f func(*membership.Cluster) error) {
	t.Helper()
	for _, c := range all {
		if err := f(c); err != nil {
			t.Fatalf("%s: %v", c.Self().Name, err)
		}
	}
}

func TestKeysAreChangedWithoutALeave(t *testing.T) {
	t.Parallel()
	cfg, log := logged(keyed("a", key(1)))
	all := []*membership.Cluster{start(t, cfg), start(t, keyed("b", key(1))), start(t, keyed("c", key(1)))}
	join(t, all[1], all[0])
	join(t, all[2], all[0])
	agree(t, all...)

	eachDoes(t, all, func(c *membership.Cluster) error { return c.AddKey(key(2)) })
	eachDoes(t, all, func(c *membership.Cluster) error { return c.UseKey(key(2)) })
	eachDoes(t, all, func(c *membership.Cluster) error { return c.RemoveKey(key(1)) })

	newcomer := start(t, keyed("d", key(2)))
	join(t, newcomer, all[1])
	agree(t, append(all, newcomer)...)
	late := start(t, keyed("e", key(1)))
	if err := late.Join(deadline(t), all[0].Self().GossipAddr); err == nil {
		t.Error("a member joined with the key that was removed")
	}
	if log.has("member died") || log.has("member left") {
		t.Error("a member went while keys were changed")
	}
	agree(t, append(all, newcomer)...)
}

func TestHalfwayMembersOfBothKeysAgree(t *testing.T) {
	t.Parallel()
	a, b := start(t, keyed("a", key(1))), start(t, keyed("b", key(1)))
	join(t, b, a)
	eachDoes(t, []*membership.Cluster{a, b}, func(c *membership.Cluster) error { return c.AddKey(key(2)) })
	if err := a.UseKey(key(2)); err != nil {
		t.Fatal(err)
	}
	agree(t, a, b)
	c := start(t, keyed("c", key(2))) // knows the new key alone
	join(t, a, c)
	agree(t, a, b, c)
}

func TestKeysThatAreRefused(t *testing.T) {
	t.Parallel()
	a, open := start(t, keyed("a", key(1))), start(t, config("open"))
	for i := range byte(membership.MaxKeys - 1) {
		if err := a.AddKey(key(i + 2)); err != nil {
			t.Fatal(err)
		}
	}
	for says, err := range map[string]error{
		"16, 24 or 32":     a.AddKey([]byte("short")),
		"8 keys already":   a.AddKey(key(100)),
		"was not added":    a.UseKey(key(100)),
		"is in use":        a.RemoveKey(key(1)),
		"not encrypted: s": errors.Join(open.AddKey(key(1)), open.UseKey(key(1)), open.RemoveKey(key(1))),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "membership: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("error is %v, want it to say %q", err, says)
		}
	}
	if err := errors.Join(a.AddKey(key(1)), a.AddKey(key(3)), a.RemoveKey(key(100))); err != nil {
		t.Errorf("a key added again, or removed though it was not there: %v", err)
	}
	closeCluster(t, a)
	if err := a.AddKey(key(2)); !errors.Is(err, membership.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// memberlist reads the keys while they change; the race detector watches.
func TestKeysChangeBesideGossip(t *testing.T) {
	t.Parallel()
	a, b := start(t, keyed("a", key(0))), start(t, keyed("b", key(0)))
	join(t, b, a)
	both := []*membership.Cluster{a, b}
	for i := range byte(5) {
		eachDoes(t, both, func(c *membership.Cluster) error { return c.AddKey(key(i)) })
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 20 {
				_ = b.Join(deadline(t), a.Self().GossipAddr)
				raise(t, a, "x", a.Epoch("x")+1)
			}
		})
	}
	wg.Go(func() {
		for i := range 200 {
			k := key(byte(1 + i%4)) // the first key stays in use
			eachDoes(t, both, func(c *membership.Cluster) error { return errors.Join(c.RemoveKey(k), c.AddKey(k)) })
		}
	})
	wg.Wait()
	agree(t, a, b)
}
