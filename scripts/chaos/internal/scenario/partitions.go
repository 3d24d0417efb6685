//go:build linux

package scenario

import (
	"errors"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"
)

// What is written while the network is broken lives that long, which bounds how long it is served after it was replaced.
const brokenLife = 10 * time.Second

func partitions() []Scenario {
	return []Scenario{
		{Name: "partition10", About: "3 nodes are cut off from 2 for 10s: errors 0; at most 2 loads per key; rings agree within 15s of the end; no stale value past its life",
			place: cuttable, writes: 20, ttl: brokenLife, run: func(r *Run) error { return partition(r, 10*time.Second) }},
		{Name: "partition60", About: "the same for 60s",
			place: cuttable, writes: 20, ttl: brokenLife, run: func(r *Run) error { return partition(r, 60*time.Second) }},
		{Name: "oneway", About: "what one node sends to another is lost for 20s: errors 0; no member leaves",
			place: cuttable, run: oneWay},
		{Name: "gossip5", About: "5% of the gossip is lost for 30s: errors 0; no member leaves",
			place: relayed, run: func(r *Run) error { return gossipLoss(r, 0.05) }},
		{Name: "gossip30", About: "30% of the gossip is lost for 30s: errors 0",
			place: relayed, run: func(r *Run) error { return gossipLoss(r, 0.3) }},
	}
}

func partition(r *Run, length time.Duration) error {
	nodes := r.cluster.Nodes()
	r.chance.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	few := nodes[:len(nodes)*2/5]
	r.load.Trust(false)
	r.fault(fmt.Sprintf("cut off %v for %v", names(few), length))
	if err := r.between(few, nodes[len(few):], r.net.Cut); err != nil {
		return err
	}
	r.sleep(length)
	r.fault("mend")
	if err := r.between(few, nodes[len(few):], r.net.Mend); err != nil {
		return err
	}
	if err := r.agree(15 * time.Second); err != nil {
		return err
	}
	r.load.Trust(true)
	r.goOn()
	r.loadsPerLoaded(2)
	return nil
}

// between cuts or mends all links between some nodes and others, both ways.
func (r *Run) between(some, others []*cluster.Node, do func(from, to int) error) error {
	var errs []error
	for _, a := range some {
		for _, b := range others {
			errs = append(errs, do(a.Place(), b.Place()), do(b.Place(), a.Place()))
		}
	}
	return errors.Join(errs...)
}

// loadsPerLoaded checks the loads per key that was loaded at all since the fault.
func (r *Run) loadsPerLoaded(limit float64) {
	loads, loaded, most := 0, 0, uint64(0)
	for i := range r.set.Keys {
		n := r.origin.Loads(i)
		loads += int(n)
		loaded += min(int(n), 1)
		most = max(most, n)
	}
	r.atMost(fmt.Sprintf("loads per key of %d that were loaded (%d at most)", loaded, most), ratio(loads, loaded), limit)
}

func names(nodes []*cluster.Node) []string {
	var all []string
	for _, n := range nodes {
		all = append(all, n.Name)
	}
	return all
}

func oneWay(r *Run) error {
	nodes := r.cluster.Nodes()
	r.chance.Shuffle(len(nodes), func(i, j int) { nodes[i], nodes[j] = nodes[j], nodes[i] })
	from, to := nodes[0], nodes[1]
	r.fault(fmt.Sprintf("what %s sends to %s is lost", from.Name, to.Name))
	if err := r.net.Cut(from.Place(), to.Place()); err != nil {
		return err
	}
	r.sleep(20 * time.Second)
	r.noneLeft()
	r.fault("mend")
	if err := r.net.Mend(from.Place(), to.Place()); err != nil {
		return err
	}
	if err := r.agree(15 * time.Second); err != nil {
		return err
	}
	r.goOn()
	return nil
}

// noneLeft checks that since the fault each node has seen all members at each look.
func (r *Run) noneLeft() {
	left := 0
	for _, look := range r.timeline.Looks() {
		if look.At >= r.faultAt {
			left = max(left, r.set.Nodes-look.Members)
		}
	}
	r.atMost("members that left", float64(left), 0)
}

func gossipLoss(r *Run, part float64) error {
	relays, ok := r.net.(*network.Relayed)
	if !ok {
		return fmt.Errorf("no relays in the network %T", r.net)
	}
	r.fault(fmt.Sprintf("%.0f%% of the gossip is lost", 100*part))
	relays.Gossip(relay.Way{Loss: part})
	r.sleep(30 * time.Second)
	if part <= 0.05 {
		r.noneLeft()
	}
	r.fault("mend")
	relays.Gossip(relay.Way{})
	if err := r.agree(15 * time.Second); err != nil {
		return err
	}
	r.goOn()
	return nil
}
