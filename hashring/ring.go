package hashring

import "slices"

// Ring is an immutable set of members and the share of the hashes that each of
// them owns. Its methods may be called by any number of goroutines at once. A
// nil *Ring and the zero Ring are the empty ring.
type Ring struct {
	members []Member // by name, clamped
	circle  circle

	// ranks gives the index in members of the member of a slot, or free. Points
	// refer to slots, which a member keeps for as long as it stays, so that a
	// new member whose name comes first does not change all points.
	ranks []int32

	// sum is the sum of the members' digests: addition forgets their order.
	sum uint64

	zoned bool // members stand in two zones at least
}

// free is the rank of a slot that no member has.
const free = -1

// New returns the ring of members, in any order. If a name is repeated, the last
// member that has it counts.
func New(members ...Member) *Ring {
	r := &Ring{members: sortedMembers(members)}
	r.zoned = zoned(r.members)
	weight := 0
	for i, m := range r.members {
		r.ranks = append(r.ranks, int32(i))
		r.sum += m.digest()
		weight += m.Weight
	}
	points := make([]point, 0, weight*pointsPerWeight)
	for i, m := range r.members {
		points = appendPoints(points, m, uint32(i))
	}
	r.circle = newCircle(sortByPosition(points), len(points))
	return r
}

// With returns the ring that has m too, in the place of any member of the same
// name. It returns r itself if that has m already.
//
// It copies the parts of the circle in which m has points, about 1 KiB for each
// of its m.Weight × 1024 points at most, and shares the others with r: that takes
// half a millisecond for a member of weight 1 among 1,000. Whenever the ring has
// doubled, all points are laid out anew, which takes as long as New does.
func (r *Ring) With(m Member) *Ring {
	m = m.clamped()
	i := r.Index(m.Name)
	if i >= 0 && r.members[i] == m {
		return r
	}
	if i >= 0 {
		r = r.Without(m.Name)
	}
	if r.Len() == 0 {
		return New(m)
	}
	return r.inserted(m)
}

// inserted returns r with m, whose name is not in r.
func (r *Ring) inserted(m Member) *Ring {
	i, _ := slices.BinarySearchFunc(r.members, m, compareNames)
	ranks := slices.Clone(r.ranks)
	for slot, rank := range ranks {
		if int(rank) >= i {
			ranks[slot]++
		}
	}
	slot := slices.Index(ranks, free)
	if slot < 0 {
		slot = len(ranks)
		ranks = append(ranks, free)
	}
	ranks[slot] = int32(i)
	members := slices.Insert(slices.Clone(r.members), i, m)
	return &Ring{
		members: members,
		circle:  r.circle.with(sortedPoints(m, slot), ranks),
		ranks:   ranks,
		sum:     r.sum + m.digest(),
		zoned:   zoned(members),
	}
}

// Without returns the ring that lacks the member called name. It returns r
// itself if there is none. The cost is that of With.
func (r *Ring) Without(name string) *Ring {
	i := r.Index(name)
	if i < 0 {
		return r
	}
	if r.Len() == 1 {
		return &Ring{}
	}
	m, slot := r.members[i], slices.Index(r.ranks, int32(i))
	ranks := slices.Clone(r.ranks)
	ranks[slot] = free
	for slot, rank := range ranks {
		if int(rank) > i {
			ranks[slot]--
		}
	}
	members := slices.Delete(slices.Clone(r.members), i, i+1)
	return &Ring{
		members: members,
		circle:  r.circle.without(sortedPoints(m, slot)),
		ranks:   ranks,
		sum:     r.sum - m.digest(),
		zoned:   zoned(members),
	}
}

// Len returns the number of members.
func (r *Ring) Len() int {
	if r == nil {
		return 0
	}
	return len(r.members)
}

// Members returns the members, sorted by name, their weights between 1 and
// MaxWeight. It is the ring's own slice: the caller must not change it.
func (r *Ring) Members() []Member {
	if r == nil {
		return nil
	}
	return slices.Clip(r.members)
}

// Index returns the index in Members of the member called name, or -1.
func (r *Ring) Index(name string) int {
	if r == nil {
		return -1
	}
	i, found := slices.BinarySearchFunc(r.members, Member{Name: name}, compareNames)
	if !found {
		return -1
	}
	return i
}

// Fingerprint returns a number below 2^53 that tells rings apart: it is the same
// for rings of the same members, weights and zones, and differs otherwise, but for
// a chance of 1 in 2^53. A float64 holds it exactly. The empty ring's is 0.
func (r *Ring) Fingerprint() uint64 {
	if r == nil {
		return 0
	}
	return r.sum >> (64 - 53)
}
