package node_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

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

func TestAValueThatIsRefusedIsNotReturned(t *testing.T) {
	g := single(t, node.GroupConfig{MaxValueBytes: 2, Load: func(context.Context, string) (node.Value, error) {
		return node.Value{Data: []byte("long")}, nil
	}})
	if v, err := g.Get(t.Context(), "Tom"); !errors.Is(err, node.ErrTooLarge) || v.Data != nil {
		t.Errorf("got %q, %v", v, err)
	}
}

func TestASetThatDoesNotFitIsAnError(t *testing.T) {
	g := single(t, node.GroupConfig{MaxBytes: 2 << 10})
	if err := g.Set(t.Context(), "Tom", node.Value{Data: make([]byte, 2<<10)}); !errors.Is(err, node.ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

func TestThisPackagesErrorsOfALoaderAreTheOrigins(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	for name, err := range map[string]error{
		"too large": node.ErrTooLarge, "closed": node.ErrClosed, "unknown group": node.ErrUnknownGroup, "cancelled": context.Canceled,
		"unreachable": &node.UnreachableError{Members: []string{"x"}, Err: io.EOF}, "origin": &node.OriginError{Err: io.EOF}, "empty": &node.OriginError{},
	} {
		load := func(context.Context, string) (node.Value, error) {
			return node.Value{}, fmt.Errorf("of another cluster: %w", err)
		}
		for _, g := range nodetest.Group(t, nodes, name, node.GroupConfig{Load: load}) {
			_, got := g.Get(t.Context(), "Tom")
			var origin *node.OriginError
			var unreachable *node.UnreachableError
			if !errors.As(got, &origin) || errors.As(got, &unreachable) || errors.Is(got, node.ErrTooLarge) || errors.Is(got, node.ErrClosed) {
				t.Errorf("%s: got %#v", name, got)
			}
			if want := "origin: of another cluster: " + err.Error(); got.Error() != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
	}
}

type angry struct{}

func (angry) String() string { panic("no") }

func TestAPanicValueThatPanicsIsAPanicLikeOthers(t *testing.T) {
	g := single(t, node.GroupConfig{Load: func(context.Context, string) (node.Value, error) { panic(angry{}) }})
	var failed *node.OriginError
	if _, err := g.Get(t.Context(), "Tom"); !errors.As(err, &failed) {
		t.Errorf("got %v, want an OriginError", err)
	}
}
