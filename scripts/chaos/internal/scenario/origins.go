//go:build linux

package scenario

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func origins() []Scenario {
	return []Scenario{
		{Name: "origin", About: "1000 callers of one key at an origin that is slow, that fails and that breaks off: one load each; each caller back by its own deadline and 10ms",
			Nodes: 3, quiet: true, run: badOrigin},
		{Name: "herd", About: "64 callers at each of 3 nodes for one cold key at an origin of 50ms, 20 keys over: exactly one load of each",
			Nodes: 3, quiet: true, rounds: 20, run: herd},
	}
}

const (
	callerGrace = 10 * time.Millisecond
	slowOrigin  = time.Second
	herdOrigin  = 50 * time.Millisecond
	herdPerNode = 64
)

// badOrigin counts loads as the nodes do. A reply that broke off is asked for once more within its load: see retries in
// docs/operations.md.
func badOrigin(r *Run) error {
	r.origin.SetDelay(slowOrigin)
	var late time.Duration
	for i, bad := range []struct {
		what     string
		begin    func()
		requests float64 // of the origin, at most
		served   bool    // whether values may come
	}{
		{"slow", func() {}, 1, true},
		{"failing", func() { r.origin.SetStatus(http.StatusInternalServerError) }, 1, false},
		{"breaking off", func() { r.origin.SetStatus(0); r.origin.SetBreaks(true) }, 2, false},
	} {
		bad.begin()
		before, err := r.loadsOfNodes()
		if err != nil {
			return err
		}
		behind, served, err := r.crowd(bad.what+" origin", r.cold(i))
		if err != nil {
			return err
		}
		after, err := r.loadsOfNodes()
		if err != nil {
			return err
		}
		late = max(late, behind)
		r.atMost("loads, "+bad.what, after-before, 1)
		r.atMost("requests of the origin, "+bad.what, float64(r.origin.Loads(r.cold(i))), bad.requests)
		if !bad.served {
			r.atMost("values, "+bad.what, float64(served), 0)
		}
	}
	r.within("back after the deadline", late, callerGrace)
	return nil
}

// loadsOfNodes is how many loads the nodes have counted.
func (r *Run) loadsOfNodes() (sum float64, err error) {
	for _, n := range r.cluster.Up() {
		m, err := n.Metrics(r.ctx)
		if err != nil {
			return 0, err
		}
		sum += m.Sum("p2pcache_origin_loads_total", map[string]string{"group": group})
	}
	return sum, nil
}

func herd(r *Run) error {
	r.origin.SetDelay(herdOrigin)
	r.fault(fmt.Sprintf("%d callers at each node", herdPerNode))
	var targets []load.Target
	for _, n := range r.cluster.Up() {
		targets = append(targets, r.target(n))
	}
	most, least := uint64(0), uint64(1)
	for i := range r.set.Rounds {
		if err := r.stampede(targets, r.cold(i)); err != nil {
			return err
		}
		most, least = max(most, r.origin.Loads(r.cold(i))), min(least, r.origin.Loads(r.cold(i)))
	}
	r.atMost("loads of a key", float64(most), 1)
	r.atMost("keys never loaded", float64(1-least), 0)
	return nil
}

// stampede asks all targets for one key at once.
func (r *Run) stampede(targets []load.Target, key int) error {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, t := range targets {
		for range herdPerNode {
			all.Go(func() {
				if err := r.load.Get(ctx, t, key); err != nil {
					cancel(fmt.Errorf("%s: key %s: %w", t.Name, truth.Key(key), err))
				}
			})
		}
	}
	all.Wait()
	return context.Cause(ctx)
}
