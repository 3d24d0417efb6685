package node_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestADoubtIsForgottenOnceAllThatIsHeldIsConfirmed(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{Load: o.load, HotTTL: -1, LoadTimeout: time.Second})
		keys := ownedBy(nodes[2], "scores", 200)
		held := make(map[string]string)
		for _, key := range keys {
			v, err := groups[2].Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			held[key] = v.String()
		}
		pauseFor(2 * time.Second)
		before := time.Now()
		forgottenByAll(nodes[0], nodes[1], nodes[2].Self().Name)
		if err := groups[0].Remove(t.Context(), keys[:50]...); err != nil {
			t.Fatal(err)
		}
		nodes[2].StandStill()
		for _, n := range nodes {
			n.RestoreRing()
		}
		for nodes[2].Doubts() {
			pauseFor(time.Second)
			if time.Since(before) > 10*time.Minute {
				t.Fatal("it doubts for ever")
			}
		}
		loads := o.calls.Load()
		for i, key := range keys {
			v, err := groups[2].Get(t.Context(), key)
			if err != nil || (v.String() == held[key]) != (i >= 50) {
				t.Errorf("key %d is %q, %v; it was %q", i, v, err, held[key])
			}
		}
		if n := o.calls.Load() - loads; n != 50 {
			t.Errorf("%d loads of 50 keys that were removed", n)
		}
	})
}

func TestWhatNobodyVouchesForStaysInDoubtWhereItCannotBeLoaded(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{HotTTL: -1})
		key := ownedBy(nodes[1], "scores", 1)[0]
		mustSet(t, groups[1], key, "v")
		for _, n := range nodes { // so that neither can vouch for the other
			n.DoubtFor(time.Second)
		}
		pauseFor(5 * time.Minute)
		if !nodes[1].Doubts() {
			t.Error("it does not doubt what nobody vouches for")
		}
		if _, err := groups[1].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) {
			t.Errorf("it serves that: %v", err)
		}
	})
}

func TestALoadFromBeforeADoubtThatIsForgottenIsNotKept(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		release, began := make(chan struct{}), make(chan struct{}, 1)
		o := numbered()
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{
			HotTTL: -1, LoadTimeout: time.Second,
			Load: func(ctx context.Context, key string) (node.Value, error) {
				v, err := o.load(ctx, key)
				if v.String() == "1" {
					began <- struct{}{}
					<-release // however long that takes
				}
				return v, err
			},
		})
		key := ownedBy(nodes[1], "scores", 1)[0]
		go groups[1].Get(t.Context(), key)
		<-began
		pauseFor(500 * time.Millisecond)
		before := time.Now()
		if !groups[1].Vouches("another", before) {
			t.Error("it vouches for nothing, and is in no doubt")
		}
		nodes[1].DoubtFor(time.Second)
		for nodes[1].InDoubt() || nodes[1].Doubts() {
			pauseFor(time.Second)
		}
		close(release)
		pauseFor(time.Second)
		mustGet(t, groups[1], key, "2")
		if groups[1].Vouches("another", before) {
			t.Error("it vouches for what is from before the writes that it may have missed")
		}
	})
}
