//go:build linux

package scenario

import (
	"slices"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// What a node may take more at the end of a soak than at its beginning: what a connection more or a collection that is due makes.
const (
	moreGoroutines = 100
	moreFiles      = 100
	moreHeap       = 32 << 20
	moreResident   = 64 << 20
)

// grown checks what the first node, which lived through it all, takes in the end against what it took before.
func (r *Run) grown(before time.Duration) {
	name := r.cluster.Nodes()[0].Name
	var first, last []timeline.Look
	for _, look := range r.timeline.Looks() {
		switch {
		case look.Node != name:
		case look.At < before:
			first = append(first, look)
		case look.At > r.timeline.Now()-rest:
			last = append(last, look)
		}
	}
	r.grownBy("goroutines", first, last, func(l timeline.Look) float64 { return float64(l.Goroutines) }, moreGoroutines)
	r.grownBy("descriptors", first, last, func(l timeline.Look) float64 { return float64(l.Files) }, moreFiles)
	r.grownBy("MiB of heap", first, last, func(l timeline.Look) float64 { return float64(l.Heap) / (1 << 20) }, moreHeap>>20)
	r.grownBy("MiB resident", first, last, func(l timeline.Look) float64 { return float64(l.Resident) / (1 << 20) }, moreResident>>20)
}

// grownBy checks by how much the median of a figure has grown.
func (r *Run) grownBy(what string, first, last []timeline.Look, of func(timeline.Look) float64, limit float64) {
	r.atMost(what+" more", max(0, median(last, of)-median(first, of)), limit)
}

func median(looks []timeline.Look, of func(timeline.Look) float64) float64 {
	if len(looks) == 0 {
		return 0
	}
	var all []float64
	for _, l := range looks {
		all = append(all, of(l))
	}
	slices.Sort(all)
	return all[len(all)/2]
}
