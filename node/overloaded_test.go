package node_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestALoadWhoseTurnDoesNotComeIsOverloadOnEveryNode(t *testing.T) {
	simulate(t, func(t *testing.T, s simulation) {
		nodes := s.start(3)
		began, release := make(chan struct{}, 1), make(chan struct{})
		defer close(release)
		groups := nodetest.Group(t, nodes, "scores", node.GroupConfig{
			MaxLoads: 1, LoadTimeout: time.Second, HotTTL: -1,
			Load: func(context.Context, string) (node.Value, error) {
				began <- struct{}{}
				<-release
				return node.Value{}, nil
			},
		})
		keys := ownedBy(nodes[2], "scores", 8)
		go groups[2].Get(t.Context(), keys[0])
		<-began
		for i, g := range groups {
			_, err := g.Get(t.Context(), keys[1+i])
			var origin *node.OriginError
			if !errors.Is(err, node.ErrOverloaded) || errors.As(err, &origin) || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("node %d: %v, want ErrOverloaded alone", i, err)
			}
			if _, err := g.GetMany(t.Context(), keys[3:]); !errors.Is(err, node.ErrOverloaded) || errors.As(err, &origin) {
				t.Errorf("node %d: many keys: %v, want ErrOverloaded alone", i, err)
			}
		}
	})
}
