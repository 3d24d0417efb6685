package node_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// removeAt starts three nodes that have all got a key of the third one, calls forget, changes the origin, and removes the key through

// the first node.

func removeAt(t *testing.T, s simulation, forget func(first, second *node.Node, third string)) ([]*node.Node, []*node.Group, string) {
	t.Helper()
	nodes := s.start(3)
	var state atomic.Int64
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: func(context.Context, string) (node.Value, error) {
		return node.Value{Data: []byte(strconv.FormatInt(state.Load(), 10))}, nil
	}})
	key := ownedBy(nodes[2], "scores", 1)[0]
	for _, g := range groups {
		mustGet(t, g, key, "0")
	}
	forget(nodes[0], nodes[1], nodes[2].Self().Name)
	state.Store(1)
	if err := groups[0].Remove(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	return nodes, groups, key
}

func TestAWriteIsPassedOnToMembersThatHaveJustCome(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		_, groups, key := removeAt(t, s, func(first, _ *node.Node, third string) { first.ForgetMember(third, false) })
		mustGet(t, groups[2], key, "1")
	})
}

func TestAMemberThatSeemsDeadIsToldOfWrites(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		_, groups, key := removeAt(t, s, func(first, second *node.Node, third string) {
			first.ForgetMember(third, true)
			second.ForgetMember(third, false)
		})
		mustGet(t, groups[2], key, "1")
	})
}

func TestAMemberThatAWriteHasMissedIsToldByWhoeverAsksIt(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes, groups, key := removeAt(t, s, func(first, second *node.Node, third string) {
			first.ForgetMember(third, false)
			second.ForgetMember(third, false)
		})
		mustGet(t, groups[2], key, "0") // nobody could tell it: this is what makes the test one
		nodes[1].RestoreRing()
		mustGet(t, groups[1], key, "1")
		waitFor(t, "the third one is told", func() bool {
			v, err := groups[2].Get(t.Context(), key)
			return err == nil && v.String() == "1"
		})
	})
}

func TestWhatWasAbsentBeforeAWriteIsNotBelievedAfterIt(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		var there atomic.Bool
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{NegativeTTL: time.Hour, Load: func(context.Context, string) (node.Value, error) {
			if !there.Load() {
				return node.Value{}, node.ErrNotFound
			}
			return node.Value{Data: []byte("there")}, nil
		}})
		key := ownedBy(nodes[2], "scores", 1)[0]
		if _, err := groups[2].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) {
			t.Fatal(err)
		}
		forgottenByAll(nodes[0], nodes[1], nodes[2].Self().Name)
		there.Store(true)
		if err := groups[0].Remove(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := groups[2].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) { // this is what makes the test one
			t.Fatal(err)
		}
		nodes[1].RestoreRing()
		mustGet(t, groups[1], key, "there")
	})
}

func TestAMemberThatAPurgeHasMissedHearsOfItByGossip(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		key := ownedBy(nodes[2], "scores", 1)[0]
		mustGet(t, groups[2], key, "1")
		for _, n := range nodes[:2] {
			n.ForgetMember(nodes[2].Self().Name, false)
		}
		if err := groups[0].Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		waitFor(t, "the third one hears of the purge", func() bool {
			v, err := groups[2].Get(t.Context(), key)
			return err == nil && v.String() == "2"
		})
	})
}

// TestWhoLeavesSoonIsNotTakenForDead has a node be told that another one is gone before it was told that it leaves, as a busy one may.

func TestWhoLeavesSoonIsNotTakenForDead(t *testing.T) {
	nodes := nodetest.Start(t, 2)
	nodes[0].MissLeave(nodes[1].Self().Name)
	if knows := nodes[0].Knows(); knows != "" {
		t.Errorf("it knows %s", knows)
	}
}

func TestASetIsKeptWhileItIsOpenWhetherOthersKnowTheNode(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		n := s.start(1)[0]
		g := nodetest.Group(t, []*node.Node{n}, "scores", node.GroupConfig{})[0]
		for _, key := range testKeys(20) {
			n.AskStanding()
			mustSet(t, g, key, "v")
			mustGet(t, g, key, "v")
		}
	})
}

func TestALoadIsKeptWhileItIsOpenWhetherOthersKnowTheNode(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := echo()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
		keys := ownedBy(nodes[0], "scores", 20)
		for i, key := range keys {
			nodes[0].AskStanding()
			mustGet(t, groups[i%2], key, key)
			mustGet(t, groups[1-i%2], key, key)
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}

func TestNothingThatIsSetIsLostWhileTheFirstOthersCome(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(1)
		g := nodetest.Group(t, nodes, "scores", node.GroupConfig{Replicas: 2})[0]
		second := s.node("")
		nodetest.Group(t, []*node.Node{second}, "scores", node.GroupConfig{Replicas: 2})
		came := make(chan struct{})
		go func() {
			defer close(came)
			if err := second.Join(t.Context(), nodes[0].Self().GossipAddr); err != nil {
				t.Error(err)
			}
		}()
		var keys []string
		for here := false; !here; {
			select {
			case <-came:
				here = true
			case <-time.After(time.Millisecond):
				key := "key:" + strconv.Itoa(len(keys))
				mustSet(t, g, key, key)
				keys = append(keys, key)
			}
		}
		for _, key := range keys {
			mustGet(t, g, key, key)
		}
	})
}
