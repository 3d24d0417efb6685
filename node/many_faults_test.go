package node_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestGetManyOfTheSameKeysAndOfNone(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		forgetPreviousRings(nodes)
		keys := testKeys(20)
		for _, g := range groups {
			if found, err := g.GetMany(t.Context(), nil); err != nil || found == nil || len(found) != 0 {
				t.Errorf("of no keys came %v, %v", found, err)
			}
			for range 3 { // in memory that was used before
				found, err := g.GetMany(t.Context(), slices.Concat(keys, keys, keys[:7]))
				if err != nil || len(found) != len(keys) {
					t.Errorf("found %d of %d: %v", len(found), len(keys), err)
				}
				for key, v := range found {
					if v.String() != key {
						t.Errorf("%q came as %q", key, v)
					}
				}
			}
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}

func TestGetManyOfTenThousandKeys(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		forgetPreviousRings(nodes)
		keys := testKeys(10_000)
		for _, g := range groups {
			found, err := g.GetMany(t.Context(), keys)
			if err != nil || len(found) != len(keys) {
				t.Fatalf("found %d of %d: %v", len(found), len(keys), err)
			}
			for key, v := range found {
				if v.String() != key {
					t.Fatalf("%q came as %q", key, v)
				}
			}
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}

func TestWhatFailsInGetManyFailsAlone(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{
			HotTTL: -1, MaxKeyBytes: 100, MaxValueBytes: 1000,
			Load: func(_ context.Context, key string) (node.Value, error) {
				switch {
				case strings.HasPrefix(key, "panics"):
					panic(key)
				case strings.HasPrefix(key, "large"):
					return node.Value{Data: make([]byte, 1001)}, nil
				case strings.HasPrefix(key, "absent"):
					return node.Value{}, node.ErrNotFound
				}
				return node.Value{Data: []byte(key)}, nil
			},
		})
		keys := testKeys(100)
		all := slices.Clone(keys)
		for i := range 10 {
			all = append(all, fmt.Sprint("panics", i), fmt.Sprint("large", i), fmt.Sprint("absent", i), strings.Repeat("k", 101+i))
		}
		for i, g := range groups {
			found, err := g.GetMany(t.Context(), all)
			if got := slices.Sorted(maps.Keys(found)); !slices.Equal(got, slices.Sorted(slices.Values(keys))) {
				t.Errorf("node %d: found %d of %d", i, len(got), len(keys))
			}
			joined, ok := err.(interface{ Unwrap() []error })
			if !ok {
				t.Fatalf("node %d: %v", i, err)
			}
			var origin, large int
			for _, err := range joined.Unwrap() {
				var failed *node.OriginError
				switch {
				case errors.As(err, &failed):
					origin++
				case errors.Is(err, node.ErrTooLarge):
					large++
				}
			}
			if origin != 10 || large != 20 || len(joined.Unwrap()) != 30 {
				t.Errorf("node %d: of %d errors %d are the origin's and %d of what is too large: %v", i, len(joined.Unwrap()), origin, large, err)
			}
		}
	})
}

func TestGetManyAfterARemoveReturnsNothingOld(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		keys := testKeys(40)
		states := make(map[string]*atomic.Int64, len(keys))
		for _, key := range keys {
			states[key] = new(atomic.Int64)
		}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: func(ctx context.Context, key string) (node.Value, error) {
			data := []byte(fmt.Sprint(states[key].Load()))
			return node.Value{Data: data}, sleep(ctx, time.Millisecond)
		}})
		var stop atomic.Bool
		var readers sync.WaitGroup
		floors := make(map[string]*atomic.Int64, len(keys))
		for _, key := range keys {
			floors[key] = new(atomic.Int64)
		}
		for _, g := range groups {
			for range 2 {
				readers.Go(func() {
					for !stop.Load() {
						least := make(map[string]int64, len(keys))
						for key, floor := range floors {
							least[key] = floor.Load()
						}
						found, err := g.GetMany(t.Context(), keys)
						if err != nil || len(found) != len(keys) {
							t.Errorf("found %d of %d: %v", len(found), len(keys), err)
						}
						for key, v := range found {
							var got int64
							if _, err := fmt.Sscan(v.String(), &got); err != nil || got < least[key] {
								t.Errorf("%q is %q, and was removed since %d", key, v, least[key])
							}
						}
						pauseFor(time.Millisecond)
					}
				})
			}
		}
		for i := range 300 {
			key := keys[i%7]
			now := states[key].Add(1)
			if err := groups[i%3].Remove(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			floors[key].Store(now)
			pauseFor(time.Millisecond)
		}
		stop.Store(true)
		readers.Wait()
	})
}

func TestGetManyEndsWhenItsNodeOrAnOwnerCloses(t *testing.T) {
	for name, closes := range map[string]int{"its own": 0, "an owner": 2} {
		t.Run(name, func(t *testing.T) {
			simulate(t, func(t *testing.T, s simulation) {
				nodes := s.start(3)
				groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1, Load: func(ctx context.Context, key string) (node.Value, error) {
					return node.Value{Data: []byte(key)}, sleep(ctx, 5*time.Millisecond)
				}})
				var callers sync.WaitGroup
				for i := range 8 {
					callers.Go(func() {
						for round := range 20 {
							keys := testKeys(50 + i*10)
							for j := range keys {
								keys[j] += fmt.Sprint("/", round)
							}
							found, err := groups[0].GetMany(t.Context(), keys)
							for key, v := range found {
								if v.String() != key {
									t.Errorf("%q came as %q", key, v)
								}
							}
							if closes != 0 && (err != nil || len(found) != len(keys)) {
								t.Errorf("found %d of %d: %v", len(found), len(keys), err)
							}
							if err != nil && !errors.Is(err, node.ErrClosed) {
								t.Errorf("%v, want ErrClosed", err)
							}
						}
					})
				}
				pauseFor(12 * time.Millisecond)
				nodes[closes].Close()
				callers.Wait()
			})
		})
	}
}

// TestGetManyWhoseCallersLeaveUsesNoMemoryOfThoseWhoStay has batches end at all moments, while others wait for their flights.
func TestGetManyWhoseCallersLeaveUsesNoMemoryOfThoseWhoStay(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1, Load: func(ctx context.Context, key string) (node.Value, error) {
			return node.Value{Data: []byte(key), TTL: 3 * time.Millisecond}, sleep(ctx, 2*time.Millisecond)
		}})
		keys := testKeys(200)
		var callers sync.WaitGroup
		for i := range 24 {
			callers.Go(func() {
				g := groups[i%len(groups)]
				for round := range 30 {
					ctx, cancel := t.Context(), context.CancelFunc(func() {})
					leaves := (i+round)%3 == 0
					if leaves {
						ctx, cancel = context.WithTimeout(ctx, time.Duration(round%7)*500*time.Microsecond)
					}
					at := (i * round) % 100
					found, err := g.GetMany(ctx, keys[at:at+100])
					cancel()
					for key, v := range found {
						if v.String() != key {
							t.Errorf("%q came as %q", key, v)
						}
					}
					switch {
					case !leaves && (err != nil || len(found) != 100):
						t.Errorf("found %d of 100: %v", len(found), err)
					case err != nil && !errors.Is(err, context.DeadlineExceeded):
						t.Errorf("%v, want the deadline's error", err)
					}
				}
			})
		}
		callers.Wait()
	})
}

func TestGetManyGoesOnWithoutAnOwnerThatIsStopped(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, stopped := s.fixedPeers(3)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		keys := testKeys(300)
		if _, err := groups[0].GetMany(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		stopped.stop()
		defer stopped.resume()
		for round := range 2 {
			began := time.Now()
			found, err := groups[0].GetMany(t.Context(), keys)
			if err != nil || len(found) != len(keys) {
				t.Errorf("found %d of %d: %v", len(found), len(keys), err)
			}
			if most := []time.Duration{3 * time.Second, time.Second}[round]; time.Since(began) > most {
				t.Errorf("round %d took %v, more than %v", round, time.Since(began), most)
			}
		}
		if n := o.calls.Load(); n > 2*int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}
