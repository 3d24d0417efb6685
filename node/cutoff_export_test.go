package node

import "time"

// Patience is how long a member has said nothing at least before it counts as dead.
func (n *Node) Patience() time.Duration { return n.patience() }

// MostAtOnce is how many of some absences there were at one moment, at most. Each is when it began and when it was over.
func MostAtOnce(spans [][2]int) int {
	var all []absence
	for _, s := range spans {
		all = append(all, absence{time.Unix(int64(s[0]), 0), time.Unix(int64(s[1]), 0)})
	}
	return mostAtOnce(all)
}
