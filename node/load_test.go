package node_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	v, err := g.Get(t.Context(), key)
	if err != nil || v.String() != want {
		t.Fatalf("Get(%q) = %q, %v; want %q", key, v, err, want)
	}
}

func TestCallersOfOneKeyShareOneLoadAndLeaveAtTheirOwnDeadlines(t *testing.T) {
	const callers = 1000
	boom := errors.New("boom")
	for name, answer := range map[string]func(context.Context, string) (node.Value, error){
		"a load that takes 2 s": func(ctx context.Context, _ string) (node.Value, error) {
			return node.Value{}, sleep(ctx, 2*time.Second)
		},
		"a load that fails after 2 s": func(ctx context.Context, _ string) (node.Value, error) {
			return node.Value{}, errors.Join(sleep(ctx, 2*time.Second), boom)
		},
		"a load that panics after 2 s": func(ctx context.Context, _ string) (node.Value, error) {
			time.Sleep(2 * time.Second)
			panic(boom)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &origin{answer: answer}
				g := single(t, node.GroupConfig{Load: o.load})
				var all sync.WaitGroup
				for i := range callers {
					deadline := time.Duration(i+1)*4*time.Millisecond + time.Microsecond
					all.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), deadline)
						defer cancel()
						started := time.Now()
						_, err := g.Get(ctx, "Tom")
						if took := time.Since(started); took > min(deadline, 2*time.Second) {
							t.Errorf("a caller with %v was held for %v", deadline, took)
						}
						if early := deadline < 2*time.Second; early != errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("a caller with %v got %v", deadline, err)
						}
					})
				}
				all.Wait()
				if n := o.calls.Load(); n != 1 {
					t.Errorf("%d loads, want 1", n)
				}
			})
		})
	}
}

func TestALoaderThatPanicsOrGoexitsIsAnErrorAndTheKeyLivesOn(t *testing.T) {
	for name, fail := range map[string]func(){
		"panic":     func() { panic("boom") },
		"Goexit":    runtime.Goexit,
		"nil panic": func() { panic(nil) },
	} {
		t.Run(name, func(t *testing.T) {
			o := &origin{}
			o.answer = func(context.Context, string) (node.Value, error) {
				if o.calls.Load() == 1 {
					fail()
				}
				return node.Value{Data: []byte("630")}, nil
			}
			g := single(t, node.GroupConfig{Load: o.load})
			var failed *node.OriginError
			if _, err := g.Get(t.Context(), "Tom"); !errors.As(err, &failed) {
				t.Errorf("got %v, want an OriginError", err)
			}
			mustGet(t, g, "Tom", "630")
			if s := g.Stats(); s.OriginErrors != 1 || s.OriginLoads != 2 {
				t.Errorf("counted %d errors of %d loads, want 1 of 2", s.OriginErrors, s.OriginLoads)
			}
		})
	}
}

func TestTheLastCallerToLeaveCancelsTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cancelled := make(chan struct{})
		g := single(t, node.GroupConfig{Load: func(ctx context.Context, key string) (node.Value, error) {
			<-ctx.Done()
			close(cancelled)
			return node.Value{}, ctx.Err()
		}})
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i+1)*time.Second)
				defer cancel()
				g.Get(ctx, "Tom")
				select {
				case <-cancelled:
					if i < 2 {
						t.Error("the load was cancelled while callers waited")
					}
				default:
				}
			})
		}
		all.Wait()
		<-cancelled
	})
}

func TestALoaderThatIgnoresItsContextHoldsNobodyBeyondLoadTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		o := &origin{}
		o.answer = func(context.Context, string) (node.Value, error) {
			if o.calls.Load() == 1 {
				<-stuck
			}
			return node.Value{Data: []byte("630")}, nil
		}
		g := single(t, node.GroupConfig{Load: o.load, LoadTimeout: time.Second})
		started := time.Now()
		_, err := g.Get(t.Context(), "Tom")
		var failed *node.OriginError
		if !errors.As(err, &failed) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want an OriginError for the deadline", err)
		}
		if took := time.Since(started); took < time.Second || took > time.Second+10*time.Millisecond {
			t.Errorf("took %v, want 1s", took)
		}
		mustGet(t, g, "Tom", "630")
		close(stuck)
	})
}

func TestTooManyLoadsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		g := single(t, node.GroupConfig{MaxLoads: 2, Load: func(ctx context.Context, key string) (node.Value, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			return node.Value{}, sleep(ctx, time.Millisecond)
		}})
		var all sync.WaitGroup
		var refused atomic.Int64
		for i := range 30 {
			all.Go(func() {
				if _, err := g.Get(t.Context(), strconv.Itoa(i)); errors.Is(err, node.ErrOverloaded) {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if most.Load() != 2 || refused.Load() != 8 {
			t.Errorf("%d loads at once and %d of 30 refused, want 2 and 8: 20 may wait", most.Load(), refused.Load())
		}
	})
}

func TestWhatAnEarlierLoadBringsIsNotStoredAfterARemoveOrASet(t *testing.T) {
	for name, write := range map[string]func(*node.Group) error{
		"Remove": func(g *node.Group) error { return g.Remove(t.Context(), "Tom") },
		"Purge":  func(g *node.Group) error { return g.Purge(t.Context()) },
		"Set":    func(g *node.Group) error { return g.Set(t.Context(), "Tom", node.Value{Data: []byte("2")}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &origin{}
				o.answer = func(ctx context.Context, _ string) (node.Value, error) {
					v := strconv.FormatInt(o.calls.Load(), 10)
					return node.Value{Data: []byte(v)}, sleep(ctx, time.Second)
				}
				g := single(t, node.GroupConfig{Load: o.load})
				var all sync.WaitGroup
				all.Go(func() { mustGet(t, g, "Tom", "1") })
				time.Sleep(time.Second / 2)
				if err := write(g); err != nil {
					t.Fatal(err)
				}
				mustGet(t, g, "Tom", "2")
				all.Wait()
				mustGet(t, g, "Tom", "2")
			})
		})
	}
}

func TestRemoveDuringLoadsLeavesNothingOld(t *testing.T) {
	var current atomic.Int64
	g := single(t, node.GroupConfig{Load: func(context.Context, string) (node.Value, error) {
		v := current.Load()
		for range rand.IntN(4) {
			runtime.Gosched()
		}
		return node.Value{Data: []byte(strconv.FormatInt(v, 10))}, nil
	}})
	for round := int64(1); round <= 10_000; round++ {
		var others sync.WaitGroup
		for range 2 {
			others.Go(func() { g.Get(t.Context(), "Tom") })
		}
		current.Store(round)
		if err := g.Remove(t.Context(), "Tom"); err != nil {
			t.Fatal(err)
		}
		mustGet(t, g, "Tom", strconv.FormatInt(round, 10))
		others.Wait()
	}
}

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

func TestLimitsOfKeysAndValues(t *testing.T) {
	g := single(t, node.GroupConfig{MaxKeyBytes: 4, MaxValueBytes: 8, Load: func(_ context.Context, key string) (node.Value, error) {
		n, err := strconv.Atoi(key)
		return node.Value{Data: make([]byte, n)}, err
	}})
	ctx := t.Context()
	for _, test := range []struct {
		what string
		err  error
		ok   bool
	}{
		{"a key at the limit", g.Set(ctx, "abcd", node.Value{}), true},
		{"a key beyond", g.Set(ctx, "abcde", node.Value{}), false},
		{"removing a key beyond", g.Remove(ctx, "abcde"), false},
		{"a value at the limit", g.Set(ctx, "k", node.Value{Data: make([]byte, 8)}), true},
		{"a value beyond", g.Set(ctx, "k", node.Value{Data: make([]byte, 9)}), false},
		{"loading a value at the limit", second(g.Get(ctx, "8")), true},
		{"loading a value beyond", second(g.Get(ctx, "9")), false},
	} {
		if ok := test.err == nil; ok != test.ok || !ok && !errors.Is(test.err, node.ErrTooLarge) {
			t.Errorf("%s: %v", test.what, test.err)
		}
	}
	if s := g.Stats(); s.Owned.Entries != 3 {
		t.Errorf("%d entries are held, want the 3 that fit", s.Owned.Entries)
	}
}

func second[T any](_ T, err error) error { return err }

func TestWithoutALoaderWhatWasSetIsFound(t *testing.T) {
	g := single(t, node.GroupConfig{})
	if _, err := g.Get(t.Context(), "Tom"); !errors.Is(err, node.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := g.Set(t.Context(), "Tom", node.Value{Data: []byte("630")}); err != nil {
		t.Fatal(err)
	}
	mustGet(t, g, "Tom", "630")
	if err := g.Set(t.Context(), "Tom", node.Value{TTL: -1}); err == nil {
		t.Error("a negative TTL was accepted")
	}
}
