//go:build linux

package scenario

import (
	"context"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func clocks() []Scenario {
	return []Scenario{
		{Name: "clock", About: "one node's clock is an hour ahead, and then another's an hour behind: nothing outlives its life of 5s; errors 0",
			writes: 20, share: 30, ttl: 5 * time.Second, run: wrongClock},
	}
}

func wrongClock(r *Run) error {
	binary, err := r.cluster.WithClock(r.ctx)
	if err != nil {
		return err
	}
	r.fault("clocks are set")
	for _, off := range []time.Duration{time.Hour, -time.Hour} {
		victim := r.victim()
		victim.Binary = binary
		victim.ClockOff(off)
		if err := r.replace(victim, fmt.Sprintf("%s's clock is off by %v", victim.Name, off)); err != nil {
			return err
		}
		r.goOn()
		victim.ClockOff(0)
		if err := r.replace(victim, victim.Name+"'s clock is right"); err != nil {
			return err
		}
	}
	return r.agree(15 * time.Second)
}

// replace makes a node leave and start again with what has changed of it.
func (r *Run) replace(n *cluster.Node, what string) error {
	ctx, cancel := context.WithTimeout(r.ctx, restLimit)
	defer cancel()
	n.Terminate()
	r.fault(what)
	if err := n.Start(ctx); err != nil {
		return err
	}
	return r.cluster.Agree(ctx)
}
