package node_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
	"github.com/p2pcache/p2pcache/transport"
)

func TestSetRemoveAndPurgeReachEveryCopy(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: time.Hour})
		read := func(want string) {
			t.Helper()
			for _, g := range groups {
				for range 50 { // often enough for copies to be kept
					mustGet(t, g, "Tom", want)
				}
			}
		}
		read("1")
		for i, g := range groups {
			if err := g.Set(t.Context(), "Tom", node.Value{Data: []byte("set by " + strconv.Itoa(i))}); err != nil {
				t.Fatal(err)
			}
			read("set by " + strconv.Itoa(i))
			if err := g.Remove(t.Context(), "other", "Tom"); err != nil {
				t.Fatal(err)
			}
			read(strconv.Itoa(2*i + 2))
			if err := g.Purge(t.Context()); err != nil {
				t.Fatal(err)
			}
			read(strconv.Itoa(2*i + 3))
		}
		var hot uint64
		for _, g := range groups {
			hot += g.Stats().Gets[node.SourceHot]
		}
		if hot == 0 {
			t.Error("no hot copy was ever used: the test showed nothing")
		}
	})
}

func TestRemoveNamesTheMembersItCouldNotTell(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: echo().load})
		dead := nodes[2].Self().Name
		nodes[2].Close()
		for what, err := range map[string]error{
			"Remove": groups[0].Remove(t.Context(), "Tom"),
			"Purge":  groups[0].Purge(t.Context()),
		} {
			var missed *node.UnreachableError
			if !errors.As(err, &missed) || len(missed.Members) != 1 || missed.Members[0] != dead {
				t.Errorf("%s: got %v, want an UnreachableError that names %s", what, err, dead)
			}
			if said := strings.Count(err.Error(), "not told"); said != 1 { // others, who passed the write on, say it as well
				t.Errorf("%s: %q says %d times who was not told, want once", what, err, said)
			}
		}
		nodetest.WaitAgreed(t, nodes[:2]...)
		if err := groups[0].Remove(t.Context(), "Tom"); err != nil {
			t.Errorf("once the dead member is gone: %v", err)
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
				all.Go(func() { wantGet(t, g, "Tom", "1") })
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

// TestAfterARemoveNoNodeServesWhatWasBefore removes keys while all nodes read them, with hot copies, loads in flight and a ring that

// has just changed, so that previous owners are asked too.

func TestAfterARemoveNoNodeServesWhatWasBefore(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		const rounds, keys = 300, 4
		nodes := s.start(3)
		var current [keys]atomic.Int64
		o := &origin{answer: func(_ context.Context, key string) (node.Value, error) {
			i, err := strconv.Atoi(key)
			if err != nil {
				return node.Value{}, err
			}
			v := current[i].Load()
			runtime.Gosched()
			return node.Value{Data: []byte(strconv.FormatInt(v, 10))}, nil
		}}
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: time.Hour})
		random := rand.New(rand.NewPCG(1, 2))
		for round := int64(1); round <= rounds; round++ {
			i, remover := random.IntN(keys), random.IntN(len(groups))
			key := strconv.Itoa(i)
			var others sync.WaitGroup
			for _, g := range groups {
				others.Go(func() { g.Get(t.Context(), key) })
			}
			current[i].Store(round)
			if err := groups[remover].Remove(t.Context(), key); err != nil {
				t.Fatal(err)
			}
			for _, g := range groups {
				mustGet(t, g, key, strconv.FormatInt(round, 10))
			}
			others.Wait()
		}
	})
}

func TestSetsAtOnceEndAlikeOnAllReplicas(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Replicas: 3})
		keys := testKeys(50)
		var all sync.WaitGroup
		for i, g := range groups {
			all.Go(func() {
				for _, key := range keys {
					if err := g.Set(t.Context(), key, node.Value{Data: []byte(strconv.Itoa(i))}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		for _, key := range keys {
			want, err := groups[0].Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range groups[1:] {
				mustGet(t, g, key, want.String())
			}
		}
	})
}

// TestWhatComesLateIsNotKept sends a member, as another one would, a copy from before a write that it knows of.

func TestWhatComesLateIsNotKept(t *testing.T) {
	n := nodetest.Start(t, 1)[0]
	g := nodetest.Group(t, []*node.Node{n}, "scores", node.GroupConfig{})[0]
	member := transport.NewClient(transport.ClientConfig{Addr: n.Self().HTTPAddr})
	defer member.Close()
	send := func(key string, version uint64) transport.Response {
		t.Helper()
		resp, err := member.Do(t.Context(), transport.Request{
			Op: transport.Set, Group: "scores", Key: key, Value: []byte("late"), Version: version, Peer: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		return resp
	}
	if resp := send("Sam", 1); resp.Code != transport.OK {
		t.Errorf("a copy of a key that nothing is known of: %v", resp.Code)
	}
	mustGet(t, g, "Sam", "late")
	if err := errors.Join(g.Remove(t.Context(), "Tom"), g.Set(t.Context(), "Jack", node.Value{Data: []byte("new")})); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"Tom", "Jack", "Sam"} {
		if resp := send(key, 1); resp.Code != transport.Superseded {
			t.Errorf("a late copy of %s: %v", key, resp.Code)
		}
	}
	mustGet(t, g, "Jack", "new")
	if _, err := g.Get(t.Context(), "Tom"); !errors.Is(err, node.ErrNotFound) {
		t.Errorf("what was removed came back: %v", err)
	}
	if err := g.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if resp := send("any", 1); resp.Code != transport.Superseded {
		t.Errorf("a late copy after a purge: %v", resp.Code)
	}
	if resp := send("any", math.MaxUint64); resp.Code != transport.BadRequest {
		t.Errorf("a version of a time to come: %v", resp.Code)
	}
}

// TestWhatIsSetUnderARingThatIsOutOfDateReachesItsOwner has a writer that does not know the owner of a key yet.

func TestAGetThatCrossesASetIsAnswered(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
		keys := testKeys(4)
		set := func(g *node.Group, key string) {
			if err := g.Set(t.Context(), key, node.Value{Data: []byte("set")}); err != nil {
				t.Error(err)
			}
		}
		for _, key := range keys {
			set(groups[0], key)
		}
		var all sync.WaitGroup
		for _, g := range groups {
			all.Go(func() {
				for i := range 1000 {
					set(g, keys[i%len(keys)])
				}
			})
			all.Go(func() {
				for i := range 10_000 {
					if !wantGet(t, g, keys[i%len(keys)], "set") {
						return
					}
				}
			})
		}
		all.Wait()
	})
}
