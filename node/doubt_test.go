package node_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// forgottenByAll has nobody tell the third node of writes.
func forgottenByAll(first, second *node.Node, third string) {
	first.ForgetMember(third, false)
	second.ForgetMember(third, false)
}

func TestANodeThatStoodStillServesNothingThatWasRemovedMeanwhile(t *testing.T) {
	nodes, groups, key := removeAt(t, forgottenByAll)
	mustGet(t, groups[2], key, "0") // nobody told it: this is what makes the test one
	nodes[2].StandStill()
	mustGet(t, groups[2], key, "1")
}

func TestANodeThatStoodStillLoadsNothingThatWasNotWritten(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	o := numbered()
	groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1})
	key := ownedBy(nodes[2], "scores", 1)[0]
	mustGet(t, groups[2], key, "1")
	nodes[2].StandStill()
	for _, g := range groups {
		mustGet(t, g, key, "1") // as the others vouch for it
	}
	nodes[2].EndDoubt()
	mustGet(t, groups[2], key, "1")
	asked := requests(groups[2])
	mustGet(t, groups[2], key, "1")
	if n := requests(groups[2]); n != asked {
		t.Errorf("what was confirmed is confirmed again: %d more requests", n-asked)
	}
}

func TestNodesThatStoodStillVouchForNothing(t *testing.T) {
	nodes, groups, key := removeAt(t, forgottenByAll)
	for _, n := range nodes {
		n.StandStill()
	}
	mustGet(t, groups[2], key, "1")
}

func TestAGetAtANodeThatWritesMayMissJoinsNoEarlierLoad(t *testing.T) {
	nodes := nodetest.Start(t, 3)
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
}

func TestANodeWhoseLastRunIsNotFoundDeadYetDoubts(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	name := nodes[2].Self().Name
	nodes[2].Close()
	again := restart(t, name, nodes[0].Self().GossipAddr)
	waitFor(t, "it doubts what it holds", again.InDoubt)
	waitFor(t, "it does not any more", func() bool { return !again.InDoubt() })
}
