package node

import (
	"maps"
	"slices"
	"time"
)

// A node that is cut off finds the others dead, they find it dead, and writes pass it by. Once they are back, as they were started, it
// doubts what it holds if it had lost most of them at a time: then it was most likely alone, or on the smaller side, and the larger one
// knows what was written meanwhile. The larger side doubts nothing, or nobody would vouch for anything. So members that stand still
// one after the other, and come back, are no sign of it: all who stayed would doubt. With one other member there is no telling who was
// cut off.

// maxMissing bounds the members that a node remembers to have lost. Beyond it, it forgets who has been away for longest.
const maxMissing = 1024

// missing is a member that went without a word.
type missing struct {
	boot  uint64
	since time.Time
}

// noteMissingLocked remembers who of the old view is not among the members any more, by name, though it said no word.
func (n *Node) noteMissingLocked(old *view, members map[string]*peer) {
	if n.topology.missing == nil {
		n.topology.missing = make(map[string]missing)
	}
	for _, p := range old.others {
		if members[p.Name] == nil && !p.draining.Load() {
			n.topology.missing[p.Name] = missing{p.boot, time.Now()}
		}
	}
	if over := len(n.topology.missing) - maxMissing; over > 0 {
		byAge := slices.SortedFunc(maps.Keys(n.topology.missing), func(a, b string) int {
			return n.topology.missing[a].since.Compare(n.topology.missing[b].since)
		})
		for _, name := range byAge[:over] {
			delete(n.topology.missing, name)
		}
	}
}

// welcomeLocked notes which members are back, and doubts what is held if most of those that the node knows were away at a time.
func (n *Node) welcomeLocked(v *view) {
	var away []absence
	for _, p := range v.others {
		if m, ok := n.topology.missing[p.Name]; ok {
			delete(n.topology.missing, p.Name)
			if m.boot == p.boot {
				p.away = absence{m.since.Add(-n.patience()), time.Now()}
			}
		}
		if time.Since(p.away.until) < newFor {
			away = append(away, p.away)
		}
	}
	was := n.topology.cutOff
	n.topology.cutOff = len(v.others) > 1 && 2*mostAtOnce(away) > len(v.others)
	if n.topology.cutOff && !was {
		n.doubtFor(standstillDoubt)
		n.log.Warn().Int("members", len(away)).Msg("was cut off: what is held is confirmed by others before it is served")
	}
}

// patience is how long a member has said nothing at least before it counts as dead.
func (n *Node) patience() time.Duration {
	if n.cluster == nil { // its members were set by hand
		return 0
	}
	return n.cluster.Patience()
}

// absence is the time in which nothing was heard of a member.
type absence struct{ from, until time.Time }

// mostAtOnce is how many of some absences there were at one moment, at most.
func mostAtOnce(all []absence) int {
	var begins, ends []time.Time
	for _, a := range all {
		begins, ends = append(begins, a.from), append(ends, a.until)
	}
	slices.SortFunc(begins, time.Time.Compare)
	slices.SortFunc(ends, time.Time.Compare)
	most, over := 0, 0
	for i, begin := range begins {
		for ends[over].Before(begin) {
			over++
		}
		most = max(most, i+1-over)
	}
	return most
}
