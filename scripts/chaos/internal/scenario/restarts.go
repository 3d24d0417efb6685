//go:build linux

package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func restarts() []Scenario {
	return []Scenario{
		{Name: "blackout", About: "all nodes are killed and started at once in any order: one cluster within 15s; errors 0; origin loads at once within their bound",
			options: ",max-loads=16", run: blackout},
		{Name: "seed", About: "the only seed of a node is dead: it serves alone within 1s and joins within one retry of the seed's return",
			Nodes: 3, run: deadSeed},
		{Name: "restart", About: "a killed node comes back, 50 times under its name at a new address and 50 times under a new name at its address: errors 0; as many members as nodes within 2s",
			rounds: 50, run: restartElsewhere},
	}
}

func blackout(r *Run) error {
	nodes := r.cluster.Nodes()
	r.origin.SetDelay(20 * time.Millisecond)
	r.fault("kill -9 of all")
	_ = cluster.Each(nodes, func(n *cluster.Node) error { n.Kill(); return nil })
	r.chance.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	r.fault(fmt.Sprintf("start %v", names(nodes)))
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	began := time.Now()
	if err := cluster.Each(nodes, func(n *cluster.Node) error { return n.Start(ctx) }); err != nil {
		return err
	}
	if err := r.agree(15*time.Second - time.Since(began)); err != nil {
		return err
	}
	r.goOn()
	r.atMost("loads at once", float64(r.origin.Most()), float64(16*r.set.Nodes))
	return nil
}

// retry is the longest that a node waits between two attempts to reach a seed, and a second to join by.
const retry = 6250*time.Millisecond + time.Second

func deadSeed(r *Run) error {
	seed, newcomer := r.cluster.Add(), r.cluster.Add()
	newcomer.Seeds = []string{seed.GossipAddr()}
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	r.fault(newcomer.Name + " starts, and its seed is dead")
	began := time.Now()
	if err := newcomer.Start(ctx); err != nil {
		return err
	}
	if err := r.load.Get(ctx, r.target(newcomer), r.cold(0)); err != nil {
		return fmt.Errorf("alone: %w", err)
	}
	r.within("served alone", time.Since(began), time.Second)
	r.sleep(r.set.Duration / 2)
	r.fault("the seed returns")
	if err := seed.Start(ctx); err != nil {
		return err
	}
	if err := r.agree(retry); err != nil {
		return err
	}
	r.goOn()
	return nil
}

// membersLimit is how soon after its start a node that is another or lives elsewhere must be the one member that it is.
const membersLimit = 2 * time.Second

// restartElsewhere kills a node and starts it again, time and again: first each time at a new address, then each time under a new
// name.
func restartElsewhere(r *Run) error {
	place := r.set.Nodes
	moved, err := r.restartRounds("addresses", func(n *cluster.Node, _ int) {
		place++
		n.Move(place)
	})
	if err != nil {
		return err
	}
	renamed, err := r.restartRounds("names", func(n *cluster.Node, round int) { n.Name = fmt.Sprintf("other%d", round) })
	if err != nil {
		return err
	}
	r.within(fmt.Sprintf("members at a new address (longest of %d)", r.set.Rounds), moved, membersLimit)
	r.within(fmt.Sprintf("members under a new name (longest of %d)", r.set.Rounds), renamed, membersLimit)
	return nil
}

// restartRounds returns the longest time from a start until all agreed.
func (r *Run) restartRounds(what string, change func(n *cluster.Node, round int)) (longest time.Duration, err error) {
	for round := range r.set.Rounds {
		victim := r.victim()
		if round == 0 {
			r.fault(fmt.Sprintf("%d restarts with new %s", r.set.Rounds, what))
		}
		victim.Kill()
		change(victim, round)
		took, err := r.startAndAgree(victim)
		if err != nil {
			return 0, err
		}
		longest = max(longest, took)
	}
	return longest, nil
}

func (r *Run) startAndAgree(n *cluster.Node) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	began := time.Now()
	if err := n.Start(ctx); err != nil {
		return 0, err
	}
	err := r.cluster.Agree(ctx)
	return time.Since(began), err
}
