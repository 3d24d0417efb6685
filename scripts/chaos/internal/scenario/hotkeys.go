//go:build linux

package scenario

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func hotKeys() []Scenario {
	return []Scenario{
		{Name: "hotkey", About: "one key is all that is asked for, at 5 nodes: after 2s its owner serves at most 30% of the Gets",
			quiet: true, run: hotKey},
	}
}

const (
	hotWarmUp = 2 * time.Second
	hotEvery  = 2 * time.Millisecond
	hotLimit  = 0.3
)

func hotKey(r *Run) error {
	key := r.cold(0)
	ring, err := r.cluster.Ring(r.ctx)
	if err != nil {
		return err
	}
	var owner *cluster.Node
	for _, n := range r.cluster.Up() {
		if n.Name == ring.Owner(truth.Key(key)) {
			owner = n
		}
	}
	if owner == nil {
		return fmt.Errorf("nobody owns %s", truth.Key(key))
	}
	r.fault("all ask for a key of " + owner.Name)
	if _, err := r.hammer(key, hotWarmUp); err != nil {
		return err
	}
	before, err := served(r.ctx, owner)
	if err != nil {
		return err
	}
	asked, err := r.hammer(key, r.set.Duration)
	if err != nil {
		return err
	}
	after, err := served(r.ctx, owner)
	if err != nil {
		return err
	}
	r.atMost(fmt.Sprintf("part of %d Gets that the owner served", asked), (after-before)/float64(asked), hotLimit)
	return nil
}

// served is how many Gets a node has answered, of clients and of peers.
func served(ctx context.Context, n *cluster.Node) (float64, error) {
	m, err := n.Metrics(ctx)
	if err != nil {
		return 0, err
	}
	labels := map[string]string{"group": group}
	return m.Sum("p2pcache_gets_total", labels) + m.Sum("p2pcache_served_total", labels), nil
}

// hammer asks all nodes in turn for one key for a while, and returns how often.
func (r *Run) hammer(key int, length time.Duration) (int, error) {
	nodes := r.cluster.Up()
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	var asked atomic.Int64
	tick := time.NewTicker(hotEvery)
	defer tick.Stop()
	workers := newWorkers(len(nodes) * 4)
	for end := time.Now().Add(length); time.Now().Before(end) && ctx.Err() == nil; {
		<-tick.C
		target := r.target(nodes[int(asked.Add(1))%len(nodes)])
		workers.do(func() {
			if err := r.load.Get(ctx, target, key); err != nil {
				cancel(err)
			}
		})
	}
	workers.wait()
	return int(asked.Load()), context.Cause(ctx)
}
