package hashring

import "slices"

// Owner returns the index in Members of the member that owns hash, or -1 if the
// ring is empty. It reads the upper 32 bits of hash and allocates nothing.
func (r *Ring) Owner(hash uint64) int {
	if r.Len() == 0 {
		return -1
	}
	i, j := r.circle.find(hash)
	return int(r.ranks[r.circle.arcs[i][j].slot()])
}

// Owners appends to dst the indexes in Members of the first n owners of hash, or
// of all members if there are fewer, and returns the longer slice. Each owner
// is the one that the hash would have if those before it were gone.
//
// It is meant for a few owners: the time grows with n × n, and more where
// weights differ much. It allocates only where dst is too short.
func (r *Ring) Owners(dst []int, hash uint64, n int) []int {
	n = min(n, r.Len())
	if n <= 0 {
		return dst
	}
	first := len(dst)
	i, j := r.circle.find(hash)
	for {
		for _, p := range r.circle.arcs[i][j:] {
			owner := int(r.ranks[p.slot()])
			if slices.Contains(dst[first:], owner) {
				continue
			}
			dst = append(dst, owner)
			if len(dst)-first == n {
				return dst
			}
		}
		i, j = r.circle.nextArc(i), 0
	}
}
