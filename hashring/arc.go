package hashring

import "slices"

const (
	// arcSlots is how many slots the width of an arc is divided into.
	arcSlots    = 1 << arcSlotBits
	arcSlotBits = 7

	// arcPoints is how many points an arc has at most, on average. Half the
	// slots: fuller tables make a lookup go further, emptier ones make it wait
	// for memory.
	arcPoints = arcSlots / 2

	// arcRoom is the room that an arc is given: its slots, and some for points
	// that are pushed past the last of them.
	arcRoom = arcSlots + 16
)

// arc is an equal part of the circle: a table of its points, sorted, each in its
// home slot, which is its place by position, or in a later one. An empty slot
// holds a copy of the next point, and the table ends with the last point.
//
// So the first point at or after a position is the first that is found from the
// position's home onward, mostly in the very slot, and nothing before the home
// need be looked at.
type arc []point

// newArc returns the arc of sorted points, each in the first free slot from its
// home onward. The home is in the points' bits above shift.
func newArc(sorted []point, shift uint) arc {
	if len(sorted) == 0 {
		return nil
	}
	a := make(arc, 0, arcRoom)
	for _, p := range sorted {
		a = a.pushed(p, p.home(shift))
	}
	return a
}

// pushed returns a with p, which is after all its points, in its home slot or in
// the first after the last point.
func (a arc) pushed(p point, home int) arc {
	a = append(a, p)
	for len(a) <= home {
		a = append(a, p)
	}
	return a
}

// clone returns a copy of a with room to insert.
func (a arc) clone() arc {
	room := make(arc, len(a), max(len(a), arcRoom))
	copy(room, a)
	return room
}

// insert adds p to a and returns a, moved if it was out of room. The points
// between p and the next empty slot make room for it.
func (a arc) insert(p point, home int, before func(p, q point) bool) arc {
	i := home
	for i < len(a) && before(a[i], p) {
		i++
	}
	if i >= len(a) {
		return a.pushed(p, home)
	}
	next, empty := a[i], i
	for empty+1 < len(a) && a[empty] != a[empty+1] {
		empty++
	}
	if empty+1 == len(a) {
		a = append(a, a[empty])
	}
	copy(a[i+1:empty+1], a[i:empty])
	a[i] = p
	for i > 0 && a[i-1] == next {
		i--
		a[i] = p
	}
	return a
}

// remove removes p from a and returns a. The points after p stay where they are,
// which is as good: their copies take p's slots.
func (a arc) remove(p point, home int) arc {
	start := home
	for start < len(a) && a[start] != p {
		start++
	}
	if start >= len(a) {
		return a // a member's second point at one position went with the first
	}
	end := start
	for end < len(a) && a[end] == p {
		end++
	}
	for start > 0 && a[start-1] == p {
		start--
	}
	if end == len(a) {
		return a[:start]
	}
	for i := start; i < end; i++ {
		a[i] = a[end]
	}
	return a
}

// appendPoints appends the points of a, without the copies, in their order.
func (a arc) appendPoints(dst []point) []point {
	for i, p := range a {
		if i+1 == len(a) || a[i+1] != p {
			dst = append(dst, p)
		}
	}
	return dst
}

// tidied returns a laid out anew if insertions and removals have stretched it.
func (a arc) tidied(shift uint) arc {
	if len(a) <= arcRoom {
		return a
	}
	return newArc(slices.Compact(a), shift)
}
