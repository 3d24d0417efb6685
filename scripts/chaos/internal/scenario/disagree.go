//go:build linux

package scenario

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
)

func disagreements() []Scenario {
	return []Scenario{
		{Name: "disagree", About: "3 nodes whose lists of peers, set by hand, name the others otherwise, so that each asks another for the same key; 64 callers at each, 50 keys over: errors 0; at most one load of a key by each node",
			Nodes: 3, quiet: true, byHand: true, rounds: 50, run: disagree},
	}
}

// nameByHand gives each node a list of peers that names the others by another form of their addresses. On the ring these are other
// members: a node may own a key in another's eyes that owns it in its own.
func (r *Run) nameByHand() {
	nodes := r.cluster.Nodes()
	for _, n := range nodes {
		var peers []string
		for _, other := range nodes {
			peers = append(peers, "http://"+alias(other, n))
		}
		n.Seeds = []string{}
		n.Flags = []string{"--gossip", "off", "--peers", strings.Join(peers, ",")}
	}
}

// alias is a node's address as another one writes it: an IPv4 address within IPv6.
func alias(n, inTheEyesOf *cluster.Node) string {
	if n == inTheEyesOf {
		return n.HTTPAddr()
	}
	addr := netip.MustParseAddrPort(n.HTTPAddr())
	return fmt.Sprintf("[::ffff:%v]:%d", addr.Addr(), addr.Port())
}

func disagree(r *Run) error {
	r.origin.SetDelay(herdOrigin)
	r.fault(fmt.Sprintf("%d callers at each node", herdPerNode))
	var targets []load.Target
	for _, n := range r.cluster.Up() {
		targets = append(targets, r.target(n))
	}
	most := uint64(0)
	for i := range r.set.Rounds {
		if err := r.stampede(targets, r.cold(i)); err != nil {
			return err
		}
		most = max(most, r.origin.Loads(r.cold(i)))
	}
	r.atMost("loads of a key", float64(most), float64(len(targets)))
	return nil
}
