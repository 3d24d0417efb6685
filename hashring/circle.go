package hashring

import (
	"math/bits"
	"slices"
)

// maxArcBits bounds the number of arcs, as a power of two: were there more, a
// slot would be narrower than one position.
const maxArcBits = 32 - arcSlotBits

// circle holds the points of all members, cut into equal arcs. It is immutable,
// and circles made from one another share the arcs in which they do not differ.
//
// Points at one position are in the order of their members' names.
type circle struct {
	arcs  []arc // a power of two of them
	shift uint  // position << 32 >> shift counts slots of arcs
	count int   // of points, counting those that a member has twice at a position
}

// newCircle returns the circle of sorted points, with as many arcs as suit a
// circle of room points.
func newCircle(sorted []point, room int) circle {
	arcBits := uint(0)
	for arcBits < maxArcBits && room>>arcBits > arcPoints {
		arcBits++
	}
	c := circle{
		arcs:  make([]arc, 1<<arcBits),
		shift: 64 - arcBits - arcSlotBits,
		count: len(sorted),
	}
	for len(sorted) > 0 {
		i, n := c.run(sorted)
		c.arcs[i] = newArc(sorted[:n], c.shift)
		sorted = sorted[n:]
	}
	return c
}

// run returns the index of the arc in which the first of the sorted points
// lies, and how many of them lie in it.
func (c *circle) run(sorted []point) (i, n int) {
	shift := c.shift + arcSlotBits
	i = int(sorted[0] >> shift)
	for n < len(sorted) && int(sorted[n]>>shift) == i {
		n++
	}
	return i, n
}

// find returns where the first point at or after a position is, arcs[i][j]. The
// position is the upper half of hash. There must be a point.
func (c *circle) find(hash uint64) (i, j int) {
	home := hash >> (c.shift & 63) // the mask spares the code for shifts of 64 and more
	i = int(home >> arcSlotBits)
	j = int(home & (arcSlots - 1))
	from := point(hash &^ slotMask)
	points := c.arcs[i]
	// The point is in one of the first three slots nearly always, but in which,
	// no processor can predict: counting is faster than branching.
	if j+1 < len(points) {
		j += less(points[j], from) + less(points[j+1], from)
	}
	for ; j < len(points); j++ {
		if points[j] >= from {
			return i, j
		}
	}
	return c.nextArc(i), 0
}

// less returns 1 if p < q, otherwise 0, without a branch.
func less(p, q point) int {
	_, borrow := bits.Sub64(uint64(p), uint64(q), 0)
	return int(borrow)
}

// next returns where the slot after arcs[i][j] is. It may hold the same point.
func (c *circle) next(i, j int) (int, int) {
	if j+1 < len(c.arcs[i]) {
		return i, j + 1
	}
	return c.nextArc(i), 0
}

// nextArc returns the index of the first arc after arcs[i] that has a point.
func (c *circle) nextArc(i int) int {
	for {
		i = (i + 1) & (len(c.arcs) - 1)
		if len(c.arcs[i]) > 0 {
			return i
		}
	}
}

// with returns c with the sorted points of one more member added. ranks gives
// the place of a slot's member by name.
func (c circle) with(sorted []point, ranks []int32) circle {
	before := func(p, q point) bool {
		if p.position() != q.position() {
			return p < q
		}
		return ranks[p.slot()] < ranks[q.slot()]
	}
	// Were the arcs too few while the points go in, a heavy member's points would
	// push each other along in them.
	c = c.resized(c.count + len(sorted))
	c.count += len(sorted)
	return c.edited(sorted, func(a arc, p point) arc {
		return a.insert(p, p.home(c.shift), before)
	})
}

// without returns c without the sorted points of one of its members.
func (c circle) without(sorted []point) circle {
	c = c.edited(sorted, func(a arc, p point) arc {
		return a.remove(p, p.home(c.shift))
	})
	c.count -= len(sorted)
	return c.resized(c.count)
}

// edited returns c with each of the sorted points' arcs replaced by a copy that
// edit has changed, once for each point.
func (c circle) edited(sorted []point, edit func(arc, point) arc) circle {
	c.arcs = slices.Clone(c.arcs)
	for len(sorted) > 0 {
		i, n := c.run(sorted)
		a := c.arcs[i].clone()
		for _, p := range sorted[:n] {
			a = edit(a, p)
		}
		c.arcs[i] = a.tidied(c.shift)
		sorted = sorted[n:]
	}
	return c
}

// resized returns c, cut anew if room points are too many for its arcs or far
// too few. That takes time for every point, but comes only when the circle has
// doubled, or shrunk to a quarter of the points that its arcs have room for: a
// member that comes and goes does not cause it every time, unless it is heavier
// than all others together.
func (c circle) resized(room int) circle {
	full := arcPoints * len(c.arcs)
	if room <= full && room >= full/4 {
		return c
	}
	points := make([]point, 0, c.count)
	for _, a := range c.arcs {
		points = a.appendPoints(points)
	}
	cut := newCircle(points, room)
	cut.count = c.count // points may be fewer: repeated ones have become one
	return cut
}
