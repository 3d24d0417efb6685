package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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
		return Ring{}, fmt.Errorf("no node is up")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, up[0].URL("/debug/ring"), nil)
	if err != nil {
		return Ring{}, err
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		return Ring{}, err
	}
	defer reply.Body.Close()
	var page struct {
		Members []struct {
			Name     string `json:"name"`
			Zone     string `json:"zone"`
			Weight   int    `json:"weight"`
			Draining bool   `json:"draining"`
		} `json:"members"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&page); err != nil {
		return Ring{}, fmt.Errorf("%s: /debug/ring: %w", up[0].Name, err)
	}
	var members []hashring.Member
	for _, m := range page.Members {
		if !m.Draining {
			members = append(members, hashring.Member{Name: m.Name, Weight: m.Weight})
		}
	}
	return Ring{hashring.New(members...), hashring.NewNamespace(c.cfg.Group)}, nil
}

// Owner returns the name of the member that owns a key.
func (r Ring) Owner(key string) string {
	i := r.ring.Owner(r.space.Hash(key))
	if i < 0 {
		return ""
	}
	return r.ring.Members()[i].Name
}
