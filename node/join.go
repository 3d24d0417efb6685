package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
)

// Join tries to reach the cluster through seeds, each a host:port, or a name that may stand for many addresses, and
// returns an error if none was reached within ctx. Whatever comes of it, it keeps trying in the background until the node is
// closed, so that a seed that starts later is found, and a cluster that was cut in two becomes one again. It fails at once
// for a seed that is malformed, and on a node that does not gossip, and with a *NameTakenError where the cluster has a live
// member of this node's name: this node then serves through the others and owns nothing, until that member is gone.
func (n *Node) Join(ctx context.Context, seeds ...string) error {
	if n.cluster == nil {
		return errors.New("node: join: this node does not gossip: set Config.Gossip")
	}
	err := n.cluster.Join(ctx, seeds...)
	n.applySnapshot(n.cluster.Snapshot())
	if n.ctx.Err() != nil && err != nil {
		err = ErrClosed
	}
	if err != nil {
		return fmt.Errorf("node: join: %w", err)
	}
	return nil
}

// CheckSeed tells what is wrong with the syntax of a seed; nil if Join would take it. Nothing is looked up.
func CheckSeed(seed string) error { return membership.CheckSeed(seed) }

// SetPeers sets the members by hand, for where gossip cannot pass: the URLs (http://host:port, https with Config.TLS) of all nodes, this one's
// among them or not. A member's name on the ring is then its host:port, and its weight 1. Every node must be given the same
// members. From the first call on, gossip does not change them any more.
func (n *Node) SetPeers(urls ...string) error {
	if n.httpAddr == "" {
		return errors.New("node: set peers: nobody can reach this node: set Config.Listen or Config.Advertise")
	}
	all := map[string]membership.Member{n.httpAddr: {Name: n.httpAddr, HTTPAddr: n.httpAddr, Weight: DefaultWeight}}
	for _, u := range urls {
		m, err := memberAt(u, n.cfg.TLS != nil)
		if err != nil {
			return fmt.Errorf("node: set peers: %w", err)
		}
		all[m.Name] = m
	}
	var members []membership.Member
	for _, name := range slices.Sorted(maps.Keys(all)) {
		members = append(members, all[name])
	}
	if err := n.fix(members); err != nil {
		return fmt.Errorf("node: set peers: %w", err)
	}
	return nil
}

// Members returns the members that this node knows, itself included, sorted by name.
func (n *Node) Members() []Member { return slices.Clone(n.view.Load().members) }

// Self returns this node as the others see it.
func (n *Node) Self() Member { return n.view.Load().me }

// Owners returns up to count members in the order in which they own a key: its owner, the one that owns it once the owner is
// gone, and so on. The group need not exist.
func (n *Node) Owners(group, key string, count int) []Member {
	v := n.view.Load()
	owners := []Member{}
	for _, i := range v.ring.Owners(nil, hashring.Hash(group, key), count) {
		if p := v.owners[i]; p != nil {
			owners = append(owners, p.Member)
		} else {
			owners = append(owners, v.me)
		}
	}
	return owners
}
