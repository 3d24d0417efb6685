//go:build linux

package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// lookEvery is how often nodes are looked at while their agreement is awaited.
const lookEvery = 50 * time.Millisecond

// Agree waits until all nodes that are up name the same ring and as many members as they are themselves, and each of these by its
// name and its address.
func (c *Cluster) Agree(ctx context.Context) error {
	for {
		disagreement := c.disagreement(ctx)
		if disagreement == nil {
			return nil
		}
		select {
		case <-time.After(lookEvery):
		case <-ctx.Done():
			return fmt.Errorf("no agreement: %w", disagreement)
		}
	}
}

func (c *Cluster) disagreement(ctx context.Context) error {
	up := c.Up()
	var first timeline.Look
	for i, n := range up {
		look, err := n.Look(ctx)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", n.Name, err)
		case look.Members != len(up):
			return fmt.Errorf("%s sees %d members of %d", n.Name, look.Members, len(up))
		case i > 0 && look.RingHash != first.RingHash:
			return fmt.Errorf("%s and %s have different rings", n.Name, first.Node)
		case i == 0:
			first = look
		}
		if err := n.knows(ctx, up); err != nil {
			return err
		}
	}
	return nil
}

// knows tells which of some nodes a node does not know, or looks for elsewhere.
func (n *Node) knows(ctx context.Context, nodes []*Node) error {
	members, err := n.members(ctx)
	if err != nil {
		return err
	}
	at := map[string]string{}
	for _, m := range members {
		at[m.Name] = m.GossipAddr
	}
	for _, other := range nodes {
		if at[other.Name] != other.GossipAddr() {
			return fmt.Errorf("%s looks for %s at %q, not at %s", n.Name, other.Name, at[other.Name], other.GossipAddr())
		}
	}
	return nil
}
