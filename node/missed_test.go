package node_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestAReplicaThatMissedACopyIsGivenItOnceItAnswers(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		o := echo()
		cfg := node.GroupConfig{Load: o.load, Replicas: 2}
		first := nodetest.Group(t, nodes[:1], "scores", cfg)[0]
		keys := ownedBy(nodes[0], "scores", 100)
		for _, key := range keys {
			mustGet(t, first, key, key)
		}
		pauseFor(3 * node.MissedPause)
		if err := first.Remove(t.Context(), keys[0]); err != nil {
			t.Fatal(err)
		}
		second := nodetest.Group(t, nodes[1:], "scores", cfg)[0] // until now it refused all copies
		for _, key := range keys[1:] {
			waitFor(t, "the replica has what it missed", func() bool { _, held := second.Held(key); return held })
		}
		pauseFor(3 * node.MissedPause)
		if _, held := second.Held(keys[0]); held {
			t.Error("it was given what was removed meanwhile")
		}
		asked := requests(first)
		pauseFor(10 * node.MissedPause)
		if n := requests(first); n != asked {
			t.Errorf("%d requests to a replica that has missed nothing", n-asked)
		}
		if n := o.calls.Load(); n != int64(len(keys)) {
			t.Errorf("%d loads of %d keys", n, len(keys))
		}
	})
}
