package node_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// TestAFetchGoesOnForThoseWhoStay has the caller that began it leave: the others get the value, of one load.
func TestAFetchGoesOnForThoseWhoStay(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(2)
		var loads atomic.Int32
		asked, release := make(chan struct{}), make(chan struct{})
		groups := nodetest.Group(t, nodes, "g", node.GroupConfig{HotTTL: -1, Load: func(ctx context.Context, _ string) (node.Value, error) {
			loads.Add(1)
			close(asked)
			select {
			case <-release:
				return node.Value{Data: []byte("v")}, nil
			case <-ctx.Done():
				return node.Value{}, ctx.Err()
			}
		}})
		key := ownedBy(nodes[1], "g", 1)[0]
		leader, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := groups[0].Get(leader, key); !errors.Is(err, context.Canceled) {
				t.Errorf("the one that left got %v", err)
			}
			close(release)
		})
		<-asked
		for range 10 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				if v, err := groups[0].Get(ctx, key); err != nil || string(v.Data) != "v" {
					t.Errorf("one that stayed got %q, %v", v.Data, err)
				}
			})
		}
		leave()
		all.Wait()
		if n := loads.Load(); n != 1 {
			t.Errorf("%d loads", n)
		}
	})
}
