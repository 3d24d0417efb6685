//go:build linux

package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func deploys() []Scenario {
	return []Scenario{
		{Name: "rolling", About: "every node leaves by SIGTERM and starts again, one after another: errors 0; at most 0.02 loads per resident key over it all; p99 at most 2 × steady",
			steady: comparedSteady, run: rolling},
		{Name: "rolling-replicas", About: "the same with replicas=2", replicas: 2, steady: comparedSteady, run: rolling},
		{Name: "join", About: "one more node joins: errors 0; at most 0.02 loads per key that moved", run: join},
		{Name: "join-replicas", About: "the same with replicas=2", replicas: 2, run: join},
		{Name: "scalein", About: "half of six nodes leave at once by SIGTERM: errors 0; at most 0.02 loads per key that moved", Nodes: 6,
			run: scaleIn},
		{Name: "scalein-replicas", About: "the same with replicas=2", Nodes: 6, replicas: 2, run: scaleIn},
	}
}

// restLimit bounds what a node may take to leave or to start.
const restLimit = 2 * time.Minute

func rolling(r *Run) error {
	for _, n := range r.cluster.Nodes() {
		if err := r.restart(n); err != nil {
			return err
		}
		r.sleep(time.Second)
	}
	r.goOn()
	r.within("p99", r.since().P99, 2*r.result.Steady.P99)
	return r.countAll(0.02)
}

// restart makes a node leave and starts it again.
func (r *Run) restart(n *cluster.Node) error {
	r.fault("SIGTERM " + n.Name)
	if code := n.Terminate(); code != 0 {
		r.atMost("exit code of "+n.Name, float64(code), 0)
	}
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	r.fault("start " + n.Name)
	if err := n.Start(ctx); err != nil {
		return err
	}
	return r.cluster.Agree(ctx)
}

// countAll asks for every key and checks the loads of all since the fault.
func (r *Run) countAll(limit float64) error {
	if err := r.touchAll(); err != nil {
		return err
	}
	loads := 0
	for i := range r.set.Keys {
		loads += int(r.origin.Loads(i))
	}
	r.atMost("loads per resident key", ratio(loads, r.set.Keys), limit)
	return nil
}

// countMoved asks for every key and checks the loads of those that moved.
func (r *Run) countMoved(moved map[int]bool, limit float64) error {
	if err := r.touchAll(); err != nil {
		return err
	}
	loads, _ := r.loads(moved)
	r.atMost(fmt.Sprintf("loads per moved key of %d", len(moved)), ratio(loads, len(moved)), limit)
	return nil
}

func join(r *Run) error {
	newcomer := r.cluster.Add()
	r.fault("start " + newcomer.Name)
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	if err := newcomer.Start(ctx); err != nil {
		return err
	}
	if err := r.agree(10 * time.Second); err != nil {
		return err
	}
	moved, err := r.owned(newcomer.Name)
	if err != nil {
		return err
	}
	r.goOn()
	return r.countMoved(moved, 0.02)
}

func scaleIn(r *Run) error {
	nodes := r.cluster.Nodes()
	r.chance.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	leaving := nodes[:len(nodes)/2]
	var who []string
	for _, n := range leaving {
		who = append(who, n.Name)
	}
	moved, err := r.owned(who...)
	if err != nil {
		return err
	}
	r.fault(fmt.Sprintf("SIGTERM %v", who))
	err = cluster.Each(leaving, func(n *cluster.Node) error {
		if code := n.Terminate(); code != 0 {
			return fmt.Errorf("exit code %d", code)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.agree(10 * time.Second); err != nil {
		return err
	}
	r.goOn()
	return r.countMoved(moved, 0.02)
}
