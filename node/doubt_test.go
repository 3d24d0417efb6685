package node_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// forgottenByAll has nobody tell the third node of writes, from a moment on that is later than all before.

func forgottenByAll(first, second *node.Node, third string) {
	time.Sleep(time.Millisecond)
	first.ForgetMember(third, false)
	second.ForgetMember(third, false)
}

func TestANodeThatWasCutOffServesNothingThatWasRemovedMeanwhile(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, groups, key := removeAt(t, s, forgottenByAll)
		for _, n := range nodes[:2] {
			nodes[2].ForgetMember(n.Self().Name, true)
		}
		mustGet(t, groups[2], key, "0") // nobody told it: this is what makes the test one
		for _, n := range nodes {
			n.RestoreRing()
		}
		mustGet(t, groups[2], key, "1")
		for _, n := range nodes[:2] {
			if n.InDoubt() {
				t.Error("the larger side doubts as well")
			}
		}
	})
}

func TestNodesThatStoodStillVouchForNothing(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, groups, key := removeAt(t, s, forgottenByAll)
		for _, n := range nodes {
			n.StandStill()
		}
		mustGet(t, groups[2], key, "1")
	})
}

func TestAGetAtANodeThatWritesMayMissJoinsNoEarlierLoad(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		began, release := make(chan struct{}, 2), make(chan struct{})
		var calls atomic.Int64
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1, Load: func(ctx context.Context, key string) (node.Value, error) {
			v, err := o.load(ctx, key)
			if calls.Add(1) == 1 {
				began <- struct{}{}
				<-release
			}
			return v, err
		}})
		key := ownedBy(nodes[2], "scores", 1)[0]
		nodes[2].StandStill()
		go groups[2].Get(t.Context(), key)
		<-began
		forgottenByAll(nodes[0], nodes[1], nodes[2].Self().Name)
		if err := groups[0].Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		go close(release)
		mustGet(t, groups[2], key, "2")
	})
}

func TestANodeThatNotAllKnowDoubtsUntilTheyDo(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		listen := startDeaf(t, s, "scores", nodes[0].Self().GossipAddr)
		waitFor(t, "the deaf one is a member", func() bool { return len(nodes[0].Members()) == 3 && len(nodes[1].Members()) == 3 })

		third := s.restart("third", nodes[0].Self().GossipAddr)
		if !third.IsUnknown() {
			t.Error("a node that has just come keeps what it gets, and not all know it")
		}
		waitFor(t, "it keeps what it gets", func() bool { return !third.IsUnknown() })
		if !third.InDoubt() {
			t.Error("it does not doubt what it keeps")
		}
		g, err := third.NewGroup("scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		if err != nil {
			t.Fatal(err)
		}
		key := ownedBy(third, "scores", 1)[0]
		mustGet(t, g, key, "1")
		mustGet(t, g, key, "1") // as the others vouch for it
		for _, n := range nodes {
			n.ForgetMember("third", false)
		}
		if err := groups[0].Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		mustGet(t, g, key, "2") // though nobody told it

		listen()
		waitFor(t, "it doubts no more", func() bool { return !third.InDoubt() })
	})
}

// startDeaf starts a member that knows nobody until the function that is returned is called, though the others know it. It has an

// empty group.

func startDeaf(t testing.TB, s simulation, group, seed string) (listen func()) {
	t.Helper()
	serves := s.node("")
	if _, err := serves.NewGroup(group, node.GroupConfig{}); err != nil {
		t.Fatal(err)
	}
	deaf := make(chan struct{})
	listen = sync.OnceFunc(func() { close(deaf) })
	c, err := membership.Start(membership.Config{
		Name: "deaf", HTTPAddr: serves.Self().HTTPAddr, Bind: "127.0.0.1:0", OnSnapshot: func(membership.Snapshot) { <-deaf },
		Network: s.net.Host(loopback),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listen(); c.Close() })
	if err := c.Join(t.Context(), seed); err != nil {
		t.Fatal(err)
	}
	return listen
}

func TestDoubtEndsInTimeThoughAPeersClockIsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, err := node.New(node.Config{})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		n.HearOfClock(time.Hour)
		n.DoubtFor(5 * time.Second)
		time.Sleep(4 * time.Second)
		if !n.InDoubt() {
			t.Error("it is in no doubt after 4 of 5 s")
		}
		time.Sleep(2 * time.Second)
		if n.InDoubt() {
			t.Error("it is in doubt after 6 of 5 s")
		}
	})
}

func TestTheLastMemberIsInDoubtOnlyAsLongAsTheOthersMayBeAlive(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
		key := ownedBy(nodes[0], "scores", 1)[0]
		mustSet(t, groups[0], key, "v")
		nodes[0].ForgetMember(nodes[1].Self().Name, true)
		nodes[0].DoubtFor(time.Hour)
		if _, err := groups[0].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) {
			t.Fatalf("Get = %v though the other one may have written", err)
		}
		nodes[0].OutliveLost()
		mustGet(t, groups[0], key, "v")
		asked := requests(groups[0])
		mustSet(t, groups[0], key, "w")
		if n := requests(groups[0]); n != asked {
			t.Errorf("%d requests to a member that is dead", n-asked)
		}
	})
}

func TestAReplicaVouchesForNothingFromBeforeASetWhoseValueHasExpired(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Replicas: 2, HotTTL: -1})
	key := ownedBy(nodes[2], "scores", 1)[0]
	mustSet(t, groups[2], key, "old")
	forgottenByAll(nodes[0], nodes[1], nodes[2].Self().Name)
	if err := groups[0].Set(t.Context(), key, node.Value{Data: []byte("new"), TTL: time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	for _, g := range groups[:2] {
		waitFor(t, "the new value expires", func() bool { _, held := g.Held(key); return !held })
	}
	nodes[2].StandStill()
	if v, err := groups[2].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) {
		t.Errorf("Get = %q, %v after another value was set", v, err)
	}
}
