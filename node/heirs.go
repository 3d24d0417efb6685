package node

import "slices"

// change is the way from one view to another, of which a node hands over what moves.
type change struct{ from, to *view }

// moves reports whether any key may have another holder: the ring is another, or a member was started anew, and empty.
func (c change) moves() bool {
	if c.from == c.to {
		return false
	}
	if c.from.ring.Fingerprint() != c.to.ring.Fingerprint() {
		return true
	}
	for i, p := range c.to.owners {
		if was := c.from.owners[i]; p != nil && was != nil && p.boot != was.boot {
			return true
		}
	}
	return false
}

// heirs are the peers that hold the keys with hash now and did not before, among the first replicas on the ring, if it falls to
// this node to give them what it holds: to the first of those who held it before and stay. It falls to whoever has it where
// none of them stays. To a node that has it and should not, neither before nor now, all are heirs.
func (c change) heirs(hash uint64, replicas int) []*peer {
	var room [2 * MaxReplicas]int
	before := c.from.ring.Owners(room[:0:MaxReplicas], hash, replicas)
	now := c.to.ring.Owners(room[MaxReplicas:MaxReplicas], hash, replicas)
	stray := !slices.Contains(before, c.from.self) && !slices.Contains(now, c.to.self)
	var heirs []*peer
	for _, i := range now {
		if p := c.to.owners[i]; p != nil && (stray || !c.held(p, before)) {
			heirs = append(heirs, p)
		}
	}
	if len(heirs) > 0 && !stray && !c.falls(before) {
		return nil
	}
	return heirs
}

// held reports whether p is among the owners before, and is not started anew since.
func (c change) held(p *peer, before []int) bool {
	for _, i := range before {
		if was := c.from.owners[i]; was != nil && was.Name == p.Name && was.boot == p.boot {
			return true
		}
	}
	return false
}

// falls reports whether this node is the first of the owners before that is still on the ring, or none is.
func (c change) falls(before []int) bool {
	for _, i := range before {
		was := c.from.owners[i]
		if was == nil {
			return true
		}
		if j := c.to.ring.Index(was.Name); j >= 0 && c.to.owners[j] != nil && c.to.owners[j].boot == was.boot {
			return false
		}
	}
	return true
}

// holds reports whether this node is among the first replicas holders of the keys with hash.
func (v *view) holds(hash uint64, replicas int) bool {
	if replicas == 1 || v.ring.Len() == 0 {
		return v.owns(hash)
	}
	var room [MaxReplicas]int
	for _, i := range v.ring.Owners(room[:0], hash, replicas) {
		if i == v.self {
			return true
		}
	}
	return false
}
