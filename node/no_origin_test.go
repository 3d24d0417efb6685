package node_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestWithoutAnOriginNothingIsLoadedAhead(t *testing.T) {
	for name, stale := range map[string]time.Duration{"": 0, "stale": time.Second} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := single(t, node.GroupConfig{TTL: 10 * time.Second, StaleFor: stale})
				mustSet(t, g, "Tom", "v")
				began := time.Now()
				for time.Since(began) < 10*time.Second+stale-20*time.Millisecond {
					mustGet(t, g, "Tom", "v")
					time.Sleep(10 * time.Millisecond)
				}
			})
		})
	}
}

func TestWithoutAnOriginWhatNobodyVouchesForStays(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		first := stoppable(s.listen())
		nodes := s.start(2, func(i int, cfg *node.Config) {
			if i == 0 {
				cfg.Listen, cfg.Listener = "", first
			}
		})
		t.Cleanup(first.resume)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{NegativeTTL: time.Hour})
		key := ownedBy(nodes[1], "scores", 1)[0]
		mustSet(t, groups[1], key, "v")
		first.stop()
		nodes[1].StandStill()
		if _, err := groups[1].Get(t.Context(), key); !errors.Is(err, node.ErrNotFound) {
			t.Fatalf("Get = %v though nobody vouches for what is held", err)
		}
		first.resume()
		waitFor(t, "the other one vouches for it", func() bool {
			v, err := groups[1].Get(t.Context(), key)
			return err == nil && v.String() == "v"
		})
	})
}

func mustSet(t testing.TB, g *node.Group, key, value string) {
	t.Helper()
	if err := g.Set(t.Context(), key, node.Value{Data: []byte(value)}); err != nil {
		t.Fatal(err)
	}
}
