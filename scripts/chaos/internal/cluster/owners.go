//go:build linux

package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/p2pcache/p2pcache/hashring"
)

// Ring is who owns which key, as one node sees it.
type Ring struct {
	ring  *hashring.Ring
	space hashring.Namespace
}

// Ring reads the ring of the first node that is up.
func (c *Cluster) Ring(ctx context.Context) (Ring, error) {
	up := c.Up()
	if len(up) == 0 {
		return Ring{}, errors.New("no node is up")
	}
	page, err := up[0].members(ctx)
	if err != nil {
		return Ring{}, err
	}
	var members []hashring.Member
	for _, m := range page {
		if !m.Draining {
			members = append(members, hashring.Member{Name: m.Name, Weight: m.Weight})
		}
	}
	return Ring{hashring.New(members...), hashring.NewNamespace(c.cfg.Group)}, nil
}

// member is one of a ring's page.
type member struct {
	Name       string `json:"name"`
	HTTPAddr   string `json:"http_addr"`
	GossipAddr string `json:"gossip_addr"`
	Weight     int    `json:"weight"`
	Draining   bool   `json:"draining"`
}

// members reads which members a node knows.
func (n *Node) members(ctx context.Context) ([]member, error) {
	page, err := n.page(ctx, "/debug/ring")
	if err != nil {
		return nil, err
	}
	var ring struct {
		Members []member `json:"members"`
	}
	if err := json.Unmarshal(page, &ring); err != nil {
		return nil, fmt.Errorf("%s: /debug/ring: %w", n.Name, err)
	}
	return ring.Members, nil
}

// Owner returns the name of the member that owns a key.
func (r Ring) Owner(key string) string {
	i := r.ring.Owner(r.space.Hash(key))
	if i < 0 {
		return ""
	}
	return r.ring.Members()[i].Name
}
