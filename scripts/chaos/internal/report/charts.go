//go:build linux

package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// charts draws a recording.
func charts(r timeline.Recording) []Chart {
	length := time.Duration(len(r.Pieces)) * r.Step
	drawn := func(title string, least float64, format func(float64) string, all ...series) Chart {
		return draw(title, length, all, r.Events, least, format)
	}
	perSecond := func(n int) float64 { return float64(n) / r.Step.Seconds() }
	of := func(name, class string, figure func(timeline.Summary) float64) series {
		return pieces(r, name, class, figure)
	}
	return []Chart{
		drawn("Gets a second", 0, count,
			of("served", "a", func(s timeline.Summary) float64 { return perSecond(s.Gets - s.Errors - s.Wrong - s.Lost) }),
			of("lost with their node, or excused", "d", func(s timeline.Summary) float64 { return perSecond(s.Lost) }),
			of("errors and wrong values", "bad", func(s timeline.Summary) float64 { return perSecond(s.Errors + s.Wrong) })).withWords(),
		drawn("Latency", 1e-4, latency,
			of("longest", "c", func(s timeline.Summary) float64 { return positive(s.Longest) }),
			of("p99", "b", func(s timeline.Summary) float64 { return positive(s.P99) }),
			of("p50", "a", func(s timeline.Summary) float64 { return positive(s.P50) })),
		drawn("Loads of the origin a second", 0, count, loads(r.Loads)),
		drawn("Members, as each node sees them", 0, count, nodes(r, func(l timeline.Look) float64 { return float64(l.Members) })...),
		drawn("Goroutines", 0, count, nodes(r, func(l timeline.Look) float64 { return float64(l.Goroutines) })...),
		drawn("Descriptors", 0, count, nodes(r, func(l timeline.Look) float64 { return float64(l.Files) })...),
		drawn("Heap in use", 0, size, nodes(r, func(l timeline.Look) float64 { return float64(l.Heap) })...),
		drawn("Resident memory", 0, size, nodes(r, func(l timeline.Look) float64 { return float64(l.Resident) })...),
	}
}

func count(v float64) string   { return fmt.Sprintf("%.3g", v) }
func size(v float64) string    { return humanize.IBytes(uint64(v)) }
func latency(v float64) string { return time.Duration(v * float64(time.Second)).String() }

// positive is a duration in seconds; what is 0 was not measured.
func positive(d time.Duration) float64 {
	if d <= 0 {
		return math.NaN()
	}
	return d.Seconds()
}

func pieces(r timeline.Recording, name, class string, figure func(timeline.Summary) float64) series {
	s := series{name: name, class: class}
	for i, piece := range r.Pieces {
		s.points = append(s.points, point{time.Duration(i) * r.Step, figure(piece)})
	}
	return s
}

// loads are the differences between what was counted.
func loads(counted []timeline.Loads) series {
	s := series{name: "loads", class: "a"}
	for i := 1; i < len(counted); i++ {
		a, b := counted[i-1], counted[i]
		s.points = append(s.points, point{b.At, float64(b.Count-a.Count) / max((b.At-a.At).Seconds(), 1e-3)})
	}
	return s
}

// colours is the number of classes for nodes, n0 and so on.
const colours = 8

// gone is how long nothing was heard of a node when its line is interrupted.
const gone = 3 * time.Second

// nodes makes a line of what each node said.
func nodes(r timeline.Recording, figure func(timeline.Look) float64) []series {
	byNode := map[string]*series{}
	var names []string
	for _, l := range r.Looks {
		s := byNode[l.Node]
		if s == nil {
			s = &series{name: l.Node, class: fmt.Sprintf("n%d", len(names)%colours)}
			byNode[l.Node], names = s, append(names, l.Node)
		}
		if n := len(s.points); n > 0 && l.At-s.points[n-1].at > max(gone, 3*r.Step) {
			s.points = append(s.points, point{l.At, math.NaN()})
		}
		s.points = append(s.points, point{l.At, figure(l)})
	}
	slices.Sort(names)
	var all []series
	for _, name := range names {
		all = append(all, *byNode[name])
	}
	return all
}
