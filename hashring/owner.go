package hashring

import "slices"

// Owner returns the index in Members of the member that owns hash, or -1 if the
// ring is empty. It reads the upper 32 bits of hash and allocates nothing.
func (r *Ring) Owner(hash uint64) int {
	if r.Len() == 0 {
		return -1
	}
	return r.ownerAt(r.circle.find(hash))
}

// Owners appends to dst the indexes in Members of the first n owners of hash, or
// of all members if there are fewer, and returns the longer slice. The first is
// its Owner. The others are those that come next round the circle, so that each
// is the member that owns the hash once those before it are gone.
//
// With one exception: where the owner's zone is known and a member stands in
// another zone that is known, the second is the next one that does, and the rest
// follow in their order. A copy on the first two then outlives either's zone. It
// is still a function of the ring alone, so that members which agree on the ring
// agree on whom to turn to when the owner does not answer. But it need not be the
// heir, who owns the hash once the ring lacks the owner: an heir who was passed
// over stands in the owner's zone, and so has that same second for its own second
// on the new ring, and finds there what it lacks.
//
// It is meant for a few owners: the time grows with n × n, and more where
// weights or the sizes of zones differ much. It allocates only where dst is too
// short.
func (r *Ring) Owners(dst []int, hash uint64, n int) []int {
	n = min(n, r.Len())
	if n <= 0 {
		return dst
	}
	first := len(dst)
	i, j := r.circle.find(hash)
	if owner := r.ownerAt(i, j); r.zoned && n > 1 && r.members[owner].Zone != "" {
		dst = append(dst, owner, r.nextInAnotherZone(i, j))
	}
	for len(dst)-first < n {
		if owner := r.ownerAt(i, j); !slices.Contains(dst[first:], owner) {
			dst = append(dst, owner)
		}
		i, j = r.circle.next(i, j)
	}
	return dst
}

// nextInAnotherZone returns the index of the first member after a point that
// stands in another zone than the point's, both known. There must be one.
func (r *Ring) nextInAnotherZone(i, j int) int {
	zone := r.members[r.ownerAt(i, j)].Zone
	for {
		i, j = r.circle.next(i, j)
		if owner := r.ownerAt(i, j); r.members[owner].Zone != "" && r.members[owner].Zone != zone {
			return owner
		}
	}
}

// ownerAt returns the index of the member that the point at arcs[i][j] is of.
func (r *Ring) ownerAt(i, j int) int {
	return int(r.ranks[r.circle.arcs[i][j].slot()])
}
