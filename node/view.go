package node

import (
	"slices"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
)

// warmFor is how long after a change of the ring a key's previous owner is asked for it before the origin is.
const warmFor = 30 * time.Second

const (
	// maxBefore is how many rings are remembered: changes come together when a cluster is deployed.
	maxBefore = 4

	// maxPrevious is how many members are asked for a key after the ring changed.
	maxPrevious = 3
)

// view is what a node knows of the cluster at one moment. It is immutable, and replaced as a whole.
type view struct {
	me      Member
	members []Member // sorted by name, self included
	others  []*peer  // all members but self, in that order
	lost    []*lostPeer

	// ring holds the members that are not draining; owners are their peers, by index on the ring, nil for self.
	ring   *hashring.Ring
	owners []*peer
	self   int // this node's index on the ring; -1: none

	// before are the rings before its last changes, newest first, which count until warmUntil.
	before    []*hashring.Ring
	warmUntil time.Time
}

// owns reports whether this node owns the keys with hash. Nobody else can where the ring is empty.
func (v *view) owns(hash uint64) bool {
	owner := v.ring.Owner(hash)
	return owner == v.self || owner < 0
}

// holders are the first count members that own the keys with hash, in the ring's order; this node is nil. It holds the keys
// itself where the ring is empty.
func (v *view) holders(hash uint64, count int) []*peer { return v.appendHolders(nil, hash, count) }

// appendHolders appends them to dst.
func (v *view) appendHolders(dst []*peer, hash uint64, count int) []*peer {
	if v.ring.Len() == 0 {
		return append(dst, nil)
	}
	var few [fetchAttempts]int
	for _, owner := range v.ring.Owners(few[:0], hash, count) {
		dst = append(dst, v.owners[owner])
	}
	return dst
}

// everyone is all members; this node is nil.
func (v *view) everyone() []*peer { return append([]*peer{nil}, v.others...) }

// previousOwners are the peers that may hold the keys with hash from before the ring's last changes, likely ones first: those
// that owned them then, and those that own them next, who did before this node came. There are none if the changes are long
// ago.
func (v *view) previousOwners(hash uint64) []*peer {
	if len(v.before) == 0 || time.Now().After(v.warmUntil) {
		return nil
	}
	var owners []*peer
	add := func(p *peer) {
		if p != nil && len(owners) < maxPrevious && !slices.Contains(owners, p) {
			owners = append(owners, p)
		}
	}
	for _, ring := range v.before {
		if i := ring.Owner(hash); i >= 0 {
			add(v.other(ring.Members()[i].Name))
		}
	}
	for _, i := range v.ring.Owners(nil, hash, maxPrevious) {
		add(v.owners[i])
	}
	return owners
}

// other is the peer of that name; nil if there is none.
func (v *view) other(name string) *peer {
	i, ok := slices.BinarySearchFunc(v.others, name, func(p *peer, name string) int { return strings.Compare(p.Name, name) })
	if !ok {
		return nil
	}
	return v.others[i]
}

// memberOf is membership's member without its boot id.
func memberOf(m membership.Member) Member {
	return Member{
		Name: m.Name, HTTPAddr: m.HTTPAddr, GossipAddr: m.GossipAddr, Zone: m.Zone, Weight: m.Weight, Draining: m.Draining,
	}
}

// ringOf changes a ring into that of the members that are not draining. Few changes are merged in, many rebuild it.
func ringOf(old *hashring.Ring, members []Member) *hashring.Ring {
	var want []hashring.Member
	for _, m := range members {
		if !m.Draining {
			want = append(want, hashring.Member{Name: m.Name, Weight: m.Weight, Zone: m.Zone})
		}
	}
	have := old.Members()
	gone, come := difference(have, want), difference(want, have)
	if len(gone)+len(come) > len(want)/2 {
		return hashring.New(want...)
	}
	ring := old
	for _, m := range gone {
		ring = ring.Without(m.Name)
	}
	for _, m := range come {
		ring = ring.With(m)
	}
	return ring
}

// difference lists the members of a that are not in b.
func difference(a, b []hashring.Member) []hashring.Member {
	in := make(map[hashring.Member]bool, len(b))
	for _, m := range b {
		in[m] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(m hashring.Member) bool { return in[m] })
}
