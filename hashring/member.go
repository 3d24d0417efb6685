package hashring

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// MaxWeight is the greatest weight of a member. A unit of weight takes 20 to 40
// KiB in every process of the cluster, so a weight that comes over the network
// must have a bound.
const MaxWeight = 100

// Member is a member of a ring.
type Member struct {
	// Name tells the member from all others and fixes its points on the circle.
	// Any string is a name, the empty one too.
	Name string

	// Weight is the member's share of the keys relative to the other members'.
	// Zero and less mean 1; more than MaxWeight means MaxWeight.
	Weight int

	// Zone is the failure domain that the member stands in, such as a rack or a
	// data centre. If empty, it is unknown. Zones have no part in which member
	// owns a hash, only in which one comes second: see Ring.Owners.
	Zone string
}

// clamped returns m with a weight between 1 and MaxWeight.
func (m Member) clamped() Member {
	m.Weight = min(max(m.Weight, 1), MaxWeight)
	return m
}

// digest returns the member's part of a ring's fingerprint.
func (m Member) digest() uint64 {
	sum := xxhash.Sum64String(m.Name) ^ mix(uint64(m.Weight))
	if m.Zone != "" {
		sum ^= mix(xxhash.Sum64String(m.Zone) + increment)
	}
	return mix(sum)
}

func compareNames(a, b Member) int { return cmp.Compare(a.Name, b.Name) }

// sortedMembers returns members clamped and in the order of their names, the
// last one of each name only.
func sortedMembers(members []Member) []Member {
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, compareNames)
	kept := sorted[:0]
	for i, m := range sorted {
		if i+1 == len(sorted) || sorted[i+1].Name != m.Name {
			kept = append(kept, m.clamped())
		}
	}
	return kept
}

// zoned tells whether members stand in two zones at least.
func zoned(members []Member) bool {
	first := ""
	for _, m := range members {
		switch {
		case m.Zone == "" || m.Zone == first:
		case first == "":
			first = m.Zone
		default:
			return true
		}
	}
	return false
}
