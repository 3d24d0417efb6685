package node

import (
	"maps"
	"slices"
	"time"
)

// A node that is cut off finds the others dead, they find it dead, and writes pass it by. Once they are back, as they were started, it
// doubts what it holds if it had lost most of them: then it was most likely alone, or on the smaller side, and the larger one knows
// what was written meanwhile. The larger side doubts nothing, or nobody would vouch for anything. With one other member there is
// no telling who was cut off.

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
		if members[p.Name] == nil && !p.Draining {
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

// welcomeLocked notes which members are back, and doubts what is held if they are most of those that the node knows.
func (n *Node) welcomeLocked(v *view) {
	back, from := 0, time.Now()
	for _, p := range v.others {
		if m, ok := n.topology.missing[p.Name]; ok {
			delete(n.topology.missing, p.Name)
			if m.boot == p.boot {
				p.missedFrom = m.since
			}
		}
		if !p.missedFrom.IsZero() && time.Since(p.since) < newFor {
			back++
			if p.missedFrom.Before(from) {
				from = p.missedFrom
			}
		}
	}
	was := n.topology.cutOff
	n.topology.cutOff = len(v.others) > 1 && 2*back > len(v.others)
	if n.topology.cutOff && !was {
		n.doubtFor(standstillDoubt)
		n.log.Warn().Dur("for_ms", time.Since(from)).Msg("was cut off: what is held is confirmed by others before it is served")
	}
}
