package node_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

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

func TestAKeyIsLoadedOnceInTheWholeCluster(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
		return node.Value{Data: []byte(key)}, sleep(ctx, 50*time.Millisecond)
	}}
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	var all sync.WaitGroup
	for _, g := range groups {
		for range 64 {
			all.Go(func() { mustGet(t, g, "Tom", "Tom") })
		}
	}
	all.Wait()
	if n := o.calls.Load(); n != 1 {
		t.Errorf("%d loads, want 1", n)
	}
	var gets uint64
	for _, g := range groups {
		for _, n := range g.Stats().Gets {
			gets += n
		}
	}
	if gets != 3*64 {
		t.Errorf("%d Gets were counted, want each of %d once", gets, 3*64)
	}
}

func TestGetManyReturnsWhatIsFoundAndTheErrorsOfTheRest(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	boom := errors.New("boom")
	o := &origin{answer: func(_ context.Context, key string) (node.Value, error) {
		switch key {
		case "absent":
			return node.Value{}, node.ErrNotFound
		case "broken":
			return node.Value{}, boom
		}
		return node.Value{Data: []byte(key)}, nil
	}}
	for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load}) {
		found, err := g.GetMany(t.Context(), append(testKeys(300), "absent", "broken"))
		var failed *node.OriginError
		if !errors.As(err, &failed) {
			t.Errorf("got %v, want the origin's error", err)
		}
		if len(found) != 300 || found["user:000299"].String() != "user:000299" {
			t.Errorf("found %d values, want 300", len(found))
		}
	}
}

func TestErrorsAreTheSameOnEveryNodeAndAreNotLoadedAgain(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	for name, test := range map[string]struct {
		answer func(ctx context.Context) (node.Value, error)
		is     error
		origin bool
	}{
		"not found": {func(context.Context) (node.Value, error) { return node.Value{}, node.ErrNotFound }, node.ErrNotFound, false},
		"origin":    {func(context.Context) (node.Value, error) { return node.Value{}, errors.New("boom") }, nil, true},
		"too slow":  {func(ctx context.Context) (node.Value, error) { return node.Value{}, sleep(ctx, time.Minute) }, context.DeadlineExceeded, true},
		"too large": {func(context.Context) (node.Value, error) { return node.Value{Data: make([]byte, 2000)}, nil }, node.ErrTooLarge, false},
		"panic":     {func(context.Context) (node.Value, error) { panic("boom") }, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := &origin{answer: func(ctx context.Context, _ string) (node.Value, error) { return test.answer(ctx) }}
			cfg := node.GroupConfig{Load: o.load, LoadTimeout: 300 * time.Millisecond, MaxValueBytes: 1000}
			for i, g := range nodetest.Group(t, nodes, name, cfg) {
				_, err := g.Get(t.Context(), "Tom")
				var failed *node.OriginError
				if err == nil || test.is != nil && !errors.Is(err, test.is) || errors.As(err, &failed) != test.origin {
					t.Errorf("node %d: got %#v", i, err)
				}
				if n := o.calls.Load(); n > int64(i+1) {
					t.Errorf("%d Gets made %d loads", i+1, n)
				}
			}
		})
	}
}

func TestTheOriginsTextReachesPeers(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := &origin{answer: func(context.Context, string) (node.Value, error) { return node.Value{}, errors.New("table is gone") }}
	for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load}) {
		if _, err := g.Get(t.Context(), "Tom"); err == nil || err.Error() != "origin: table is gone" {
			t.Errorf("got %v", err)
		}
	}
}

func TestSetRemoveAndPurgeReachEveryCopy(t *testing.T) {
	nodes := nodetest.Start(t, 3)
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
}

func TestOnlyHotKeysAreCopied(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	for _, key := range ownedBy(nodes[0], "scores", 2000) {
		mustGet(t, groups[1], key, key)
	}
	if s := groups[1].Stats(); s.Hot.Entries != 0 {
		t.Errorf("a scan left %d hot copies", s.Hot.Entries)
	}
	hot := ownedBy(nodes[0], "scores", 1)[0]
	for range 1000 {
		mustGet(t, groups[1], hot, hot)
	}
	if s := groups[1].Stats(); s.Hot.Entries != 1 || s.Gets[node.SourceHot] < 900 {
		t.Errorf("of 1000 Gets of one key, %d found a copy; %d copies are held", s.Gets[node.SourceHot], s.Hot.Entries)
	}
}

func TestAMemberWithoutTheGroupIsPassedOver(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := echo()
	groups := nodetest.Group(t, nodes[:1], "scores", node.GroupConfig{Load: o.load})
	for _, key := range testKeys(50) {
		mustGet(t, groups[0], key, key)
	}
}

func TestWhenAnOwnerDiesItsKeysAreLoadedOnceAndNoGetFails(t *testing.T) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("replicas=%d", replicas), func(t *testing.T) {
			nodes := nodetest.Start(t, 4)
			o := echo()
			groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, Replicas: replicas, HotTTL: -1})
			keys := ownedBy(nodes[3], "scores", 100)
			for _, key := range keys {
				mustGet(t, groups[0], key, key)
			}
			waitFor(t, "the replicas are written", func() bool { return held(groups) == replicas*len(keys) })
			before := o.calls.Load()
			nodes[3].Close() // without a word: for the others it is dead
			for range 3 {
				for _, g := range groups[:3] {
					for _, key := range keys {
						mustGet(t, g, key, key)
					}
				}
			}
			want := int64(len(keys))
			if replicas > 1 {
				want = 0
			}
			if n := o.calls.Load() - before; n != want {
				t.Errorf("%d loads of %d keys whose owner died, want %d", n, len(keys), want)
			}
			nodetest.WaitAgreed(t, nodes[:3]...)
		})
	}
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
	for deadline := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestALeavingNodeHandsOverWhatItOwns(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1, TTL: time.Hour, StaleFor: time.Hour})
	keys := testKeys(500)
	for _, key := range keys {
		mustGet(t, groups[0], key, key)
	}
	if err := nodes[2].Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	nodetest.WaitAgreed(t, nodes[:2]...)
	for _, key := range keys {
		mustGet(t, groups[1], key, key)
		if v, _ := groups[1].Get(t.Context(), key); v.TTL <= 0 || v.TTL > time.Hour {
			t.Fatalf("%q came over with a TTL of %v, of one hour", key, v.TTL)
		}
	}
	if n := o.calls.Load(); n != int64(len(keys)) {
		t.Errorf("%d loads of %d keys, want each loaded once, before the node left", n, len(keys))
	}
}

func TestAJoiningNodeAsksThePreviousOwnersBeforeTheOrigin(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := echo()
	cfg := node.GroupConfig{Load: o.load, HotTTL: -1}
	groups := nodetest.Group(t, nodes, "scores", cfg)
	keys := testKeys(300)
	for _, key := range keys {
		mustGet(t, groups[0], key, key)
	}
	third, err := node.New(node.Config{Listen: "127.0.0.1:0", Gossip: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	groups = append(groups, nodetest.Group(t, []*node.Node{third}, "scores", cfg)...)
	if err := third.Join(t.Context(), nodes[0].Self().GossipAddr); err != nil {
		t.Fatal(err)
	}
	nodetest.WaitAgreed(t, nodes[0], nodes[1], third)
	for _, key := range keys {
		mustGet(t, groups[0], key, key)
	}
	if n := o.calls.Load(); n != int64(len(keys)) {
		t.Errorf("%d loads of %d keys: the joining node did not take over warm", n, len(keys))
	}
	if n := groups[2].Stats().Owned.Entries; n == 0 {
		t.Error("the joining node holds nothing")
	}
}

func TestNodesWhoseRingsDifferNeitherHangNorForwardTwice(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	o := &origin{answer: func(ctx context.Context, key string) (node.Value, error) {
		return node.Value{Data: []byte(key)}, sleep(ctx, time.Millisecond)
	}}
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
	nodes[0].ForceRing(nodes[1].Self().Name) // each is sure that the other one owns all keys
	nodes[1].ForceRing(nodes[0].Self().Name)
	keys := testKeys(100)
	var all sync.WaitGroup
	for _, g := range groups {
		for range 8 {
			all.Go(func() {
				for _, key := range keys {
					mustGet(t, g, key, key)
				}
			})
		}
	}
	all.Wait()
	for i, g := range groups {
		var sent uint64
		for _, r := range g.Stats().PeerRequests {
			sent += r.Count
		}
		if gets := g.Stats().Gets[node.SourcePeer]; sent == 0 || sent > gets {
			t.Errorf("node %d sent %d requests for %d Gets of its own that a peer answered: some were forwarded", i, sent, gets)
		}
	}
	if n := o.calls.Load(); n > int64(2*len(keys)) {
		t.Errorf("%d loads of %d keys on 2 nodes that each load for the other", n, len(keys))
	}
}

func TestRemoveNamesTheMembersItCouldNotTell(t *testing.T) {
	nodes := nodetest.Start(t, 3)
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
	}
	nodetest.WaitAgreed(t, nodes[:2]...)
	if err := groups[0].Remove(t.Context(), "Tom"); err != nil {
		t.Errorf("once the dead member is gone: %v", err)
	}
}

func TestOwnersAreTheSameOnEveryNodeAndTheSecondTakesOver(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	for _, key := range testKeys(100) {
		want := nodes[0].Owners("scores", key, 3)
		for _, n := range nodes[1:] {
			if got := n.Owners("scores", key, 5); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("owners of %q: %v here, %v there", key, got, want)
			}
		}
	}
	next := map[string]string{}
	for _, key := range ownedBy(nodes[2], "scores", 100) {
		next[key] = nodes[0].Owners("scores", key, 2)[1].Name
	}
	if err := nodes[2].Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	nodetest.WaitAgreed(t, nodes[:2]...)
	for key, name := range next {
		if got := nodes[0].Owners("scores", key, 1)[0].Name; got != name {
			t.Errorf("%q went to %s, was announced for %s", key, got, name)
		}
	}
}

func TestPeersSetByHand(t *testing.T) {
	var nodes []*node.Node
	var urls []string
	for range 3 {
		n, err := node.New(node.Config{Listen: "127.0.0.1:0", Name: "ignored", Weight: 3})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		nodes, urls = append(nodes, n), append(urls, "http://"+n.Self().HTTPAddr)
	}
	for i, n := range nodes {
		list := urls
		if i == 1 {
			list = []string{urls[2], urls[0]} // without itself
		}
		if err := n.SetPeers(list...); err != nil {
			t.Fatal(err)
		}
	}
	nodetest.WaitAgreed(t, nodes...)
	o := echo()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load})
	for _, g := range groups {
		for _, key := range testKeys(100) {
			mustGet(t, g, key, key)
		}
	}
	if n := o.calls.Load(); n != 100 {
		t.Errorf("%d loads of 100 keys", n)
	}
	if err := nodes[0].Join(t.Context(), "127.0.0.1:7946"); err == nil {
		t.Error("a node that does not gossip joined")
	}
	for _, bad := range []string{"", "http://", "ftp://h:1", "http://h", "http://h:1/path", "h:1?x=y", "http://a b:1", ":80", "h:0", "h:99999", "h:1#f", "https://h:1", "http://u@h:1"} {
		if err := nodes[0].SetPeers(bad); err == nil {
			t.Errorf("SetPeers(%q) was accepted", bad)
		}
	}
	if err := nodes[0].Leave(t.Context()); err != nil {
		t.Error(err)
	}
	for _, key := range testKeys(100) {
		mustGet(t, groups[1], key, key)
	}
}

func TestClustersInOneProcessShareNothing(t *testing.T) {
	for i, nodes := range [][]*node.Node{nodetest.Start(t, 2), nodetest.Start(t, 2)} {
		want := strconv.Itoa(i)
		load := func(context.Context, string) (node.Value, error) { return node.Value{Data: []byte(want)}, nil }
		for _, g := range nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: load}) {
			mustGet(t, g, "Tom", want)
		}
	}
}
