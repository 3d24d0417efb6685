package node

import "github.com/p2pcache/p2pcache/hashring"

// Arcs returns the names of the members that own points hashes evenly spaced around the ring, from 0 on; empty where the ring
// is. It is what a picture of the ring shows, and counted, the members' shares.
func (n *Node) Arcs(points int) []string {
	v := n.view.Load()
	if v.ring.Len() == 0 || points < 1 {
		return nil
	}
	members, owners := v.ring.Members(), make([]string, points)
	step := ^uint64(0) / uint64(points)
	for i := range owners {
		owners[i] = members[v.ring.Owner(uint64(i)*step)].Name
	}
	return owners
}

// Position returns where on the ring a key is: a number from 0 to 1, which is again 0.
func (n *Node) Position(group, key string) float64 {
	return float64(hashring.Hash(group, key)) / (1 << 64)
}
