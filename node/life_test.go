package node_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

func TestLifeOfValues(t *testing.T) {
	loadedWith := func(ttl time.Duration) func(context.Context, string) (node.Value, error) {
		return func(context.Context, string) (node.Value, error) { return node.Value{Data: []byte("v"), TTL: ttl}, nil }
	}
	for _, test := range []struct {
		name      string
		cfg       node.GroupConfig
		loaded    time.Duration
		wait      time.Duration
		wantLoads int64
	}{
		{"no expiry", node.GroupConfig{}, 0, 1000 * time.Hour, 1},
		{"the group's TTL, not yet over", node.GroupConfig{TTL: time.Minute}, 0, time.Minute - 1, 1},
		{"the group's TTL, over", node.GroupConfig{TTL: time.Minute}, 0, time.Minute, 2},
		{"the value's TTL wins", node.GroupConfig{TTL: time.Minute}, time.Second, time.Second, 2},
		{"jitter shortens by at most itself", node.GroupConfig{TTL: time.Minute, Jitter: time.Second}, 0, 59 * time.Second, 1},
		{"jitter never lengthens", node.GroupConfig{TTL: time.Minute, Jitter: time.Second}, 0, time.Minute, 2},
		{"jitter leaves half of a life", node.GroupConfig{TTL: time.Second, Jitter: time.Hour}, 0, time.Second / 2, 1},
		{"a negative TTL is not kept", node.GroupConfig{}, -1, 0, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &origin{answer: loadedWith(test.loaded)}
				test.cfg.Load = o.load
				g := single(t, test.cfg)
				mustGet(t, g, "Tom", "v")
				time.Sleep(test.wait)
				mustGet(t, g, "Tom", "v")
				if n := o.calls.Load(); n != test.wantLoads {
					t.Errorf("%d loads, want %d", n, test.wantLoads)
				}
			})
		})
	}
}

func TestGetTellsTheTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := single(t, node.GroupConfig{TTL: time.Minute, StaleFor: time.Hour, Load: numbered().load})
		mustGet(t, g, "Tom", "1")
		time.Sleep(20 * time.Second)
		if v, err := g.Get(t.Context(), "Tom"); err != nil || v.TTL != 40*time.Second {
			t.Errorf("TTL is %v, %v; want 40s", v.TTL, err)
		}
	})
}

func TestAnAbsentKeyIsRememberedForNegativeTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{answer: func(context.Context, string) (node.Value, error) {
			return node.Value{}, fmt.Errorf("select: %w", node.ErrNotFound)
		}}
		g := single(t, node.GroupConfig{NegativeTTL: time.Second, Load: o.load})
		get := func() {
			t.Helper()
			if _, err := g.Get(t.Context(), "Nobody"); !errors.Is(err, node.ErrNotFound) {
				t.Errorf("got %v, want ErrNotFound", err)
			}
		}
		for range 1000 {
			get()
		}
		if n := o.calls.Load(); n != 1 {
			t.Errorf("%d loads within NegativeTTL, want 1", n)
		}
		time.Sleep(time.Second)
		get()
		if err := g.Remove(t.Context(), "Nobody"); err != nil {
			t.Fatal(err)
		}
		get()
		if n := o.calls.Load(); n != 3 {
			t.Errorf("%d loads after expiry and removal, want 3", n)
		}
		if s := g.Stats(); s.OriginErrors != 0 {
			t.Errorf("not found was counted as %d errors", s.OriginErrors)
		}
	})
}

func TestAStaleValueIsServedAtOnceWhileItIsRefreshedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		failing := false
		o.answer = func(ctx context.Context, _ string) (node.Value, error) {
			v := strconv.FormatInt(o.calls.Load(), 10)
			if err := sleep(ctx, time.Second); err != nil || failing {
				return node.Value{}, errors.New("down")
			}
			return node.Value{Data: []byte(v)}, nil
		}
		g := single(t, node.GroupConfig{TTL: time.Minute, StaleFor: time.Minute, Load: o.load})
		mustGet(t, g, "Tom", "1")
		time.Sleep(time.Minute)
		started := time.Now()
		for range 10 {
			mustGet(t, g, "Tom", "1")
		}
		if took := time.Since(started); took != 0 {
			t.Errorf("stale values took %v", took)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		mustGet(t, g, "Tom", "2")

		failing = true
		time.Sleep(time.Minute + time.Second)
		mustGet(t, g, "Tom", "2") // the origin fails: still served
		time.Sleep(time.Minute)
		if v, err := g.Get(t.Context(), "Tom"); err == nil {
			t.Errorf("got %q past StaleFor, want the origin's error", v)
		}
		if s := g.Stats(); s.Gets[node.SourceStale] != 11 {
			t.Errorf("counted %d stale Gets, want 11", s.Gets[node.SourceStale])
		}
	})
}

func TestAStaleValueGoesWithItsKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		o.answer = func(context.Context, string) (node.Value, error) {
			if o.calls.Load() > 1 {
				return node.Value{}, node.ErrNotFound
			}
			return node.Value{Data: []byte("v")}, nil
		}
		g := single(t, node.GroupConfig{TTL: time.Minute, StaleFor: time.Hour, Load: o.load})
		mustGet(t, g, "Tom", "v")
		time.Sleep(time.Minute)
		mustGet(t, g, "Tom", "v")
		synctest.Wait()
		if v, err := g.Get(t.Context(), "Tom"); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("got %q, %v once the origin had lost the key", v, err)
		}
	})
}

func TestARefreshThatFailsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &origin{}
		o.answer = func(context.Context, string) (node.Value, error) {
			if o.calls.Load() > 1 {
				return node.Value{}, errors.New("down")
			}
			return node.Value{Data: []byte("v")}, nil
		}
		g := single(t, node.GroupConfig{TTL: time.Minute, StaleFor: time.Hour, Load: o.load})
		mustGet(t, g, "Tom", "v")
		time.Sleep(time.Minute)
		for range 10_000 {
			mustGet(t, g, "Tom", "v")
			time.Sleep(time.Millisecond)
		}
		if n := o.calls.Load(); n > 12 {
			t.Errorf("%d loads in 10 s from an origin that fails, want one a second", n)
		}
	})
}

func TestLivesMayBeOfAnyLength(t *testing.T) {
	for _, ttl := range []time.Duration{1, time.Nanosecond * 1000, time.Hour, math.MaxInt64} {
		for _, staleFor := range []time.Duration{0, 1, math.MaxInt64} {
			synctest.Test(t, func(t *testing.T) {
				o := numbered()
				g := single(t, node.GroupConfig{TTL: ttl, StaleFor: staleFor, Jitter: math.MaxInt64, Load: o.load})
				for range 3 {
					mustGet(t, g, "Tom", "1")
				}
			})
		}
	}
}
