package timeline

import (
	"slices"
	"time"
)

// Recording is a timeline as it is kept and drawn: the Gets are summed up by equal pieces of time.
type Recording struct {
	Step       time.Duration `json:"step"`
	Pieces     []Summary     `json:"pieces"`
	Events     []Event       `json:"events"`
	Complaints []Event       `json:"complaints"`
	Looks      []Look        `json:"looks"`
	Loads      []Loads       `json:"loads"`
}

const (
	// maxPieces bounds a recording's pieces, so that it can be drawn.
	maxPieces = 600
	leastStep = 100 * time.Millisecond
	// maxLooks bounds the looks of each node.
	maxLooks = 600
)

// Record sums the timeline up.
func (t *Timeline) Record() Recording {
	gets, length := t.Gets(0, t.Now()), t.Now()
	step := max(leastStep, (length / maxPieces).Round(leastStep))
	slices.SortFunc(gets, func(a, b Get) int { return int(a.At - b.At) })
	r := Recording{Step: step, Events: t.Events(), Complaints: t.Complaints(), Looks: thinned(t.Looks()), Loads: t.Loads()}
	for from := time.Duration(0); from < length; from += step {
		n := 0
		for n < len(gets) && gets[n].At < from+step {
			n++
		}
		r.Pieces = append(r.Pieces, Summarize(gets[:n]))
		gets = gets[n:]
	}
	return r
}

// thinned leaves some of each node's looks, evenly.
func thinned(looks []Look) []Look {
	count := map[string]int{}
	for _, l := range looks {
		count[l.Node]++
	}
	seen := map[string]int{}
	return slices.DeleteFunc(looks, func(l Look) bool {
		every := count[l.Node]/maxLooks + 1
		seen[l.Node]++
		return seen[l.Node]%every != 0
	})
}
