package lru

import "math/bits"

const (
	slotBits = 6 // a level has 64 slots, one for each bit of its word in used
	levels   = (63 + slotBits - 1) / slotBits
)

// A wheel orders nodes by when they expire, to the nanosecond. It is a
// hierarchical timing wheel (Varghese and Lauck, SOSP 1987) with a level for
// each 6 bits of the time: adding and removing a node costs the same however
// many there are, and the time is searched for slots, never for nodes.
//
// A node lies at the level of the highest digit in which its time differs from
// that of the wheel, in the slot of that digit. When the wheel reaches a slot,
// its nodes have expired or move to a lower level.
type wheel struct {
	now   int64
	used  [levels]uint64 // a bit for each slot that may have nodes
	slots [levels][1 << slotBits]*node
}

// add puts n, which expires at some time, into its slot.
func (w *wheel) add(n *node) {
	at := max(n.expire, w.now)
	level := max(0, bits.Len64(uint64(at^w.now))-1) / slotBits
	slot := at >> (level * slotBits) & (1<<slotBits - 1)
	w.used[level] |= 1 << slot

	first := &w.slots[level][slot]
	n.nextDue, n.prevDue = *first, first
	if *first != nil {
		(*first).prevDue = &n.nextDue
	}
	*first = n
}

// remove takes n out, if it is in. The bit of its slot stays: step clears it.
func (w *wheel) remove(n *node) {
	if n.prevDue == nil {
		return
	}
	*n.prevDue = n.nextDue
	if n.nextDue != nil {
		n.nextDue.prevDue = n.prevDue
	}
	n.nextDue, n.prevDue = nil, nil
}

// step does one piece of the work up to now, which is never before an
// earlier now. It returns a node that has expired, still in the wheel, or nil; and
// false if there was nothing left to do.
func (w *wheel) step(now int64) (expired *node, more bool) {
	level, slot, ok := w.due(now)
	if !ok {
		// The slots of all nodes begin later, so none changes its level.
		w.now = now
		return nil, false
	}
	n := w.slots[level][slot]
	switch {
	case n == nil:
		w.used[level] &^= 1 << slot
	case n.expired(now):
		return n, true
	default:
		w.now = max(w.now, w.begin(level, slot))
		w.remove(n)
		w.add(n)
	}
	return nil, true
}

// due returns the first slot that begins by now.
func (w *wheel) due(now int64) (level, slot int, ok bool) {
	for level, used := range w.used {
		if used == 0 {
			continue
		}
		if slot := bits.TrailingZeros64(used); w.begin(level, slot) <= now {
			return level, slot, true
		}
	}
	return 0, 0, false
}

// begin returns the earliest time that belongs to a slot: the digits of the
// wheel's time above the level, then the slot.
func (w *wheel) begin(level, slot int) int64 {
	shift := level * slotBits
	return (w.now>>shift&^(1<<slotBits-1) | int64(slot)) << shift
}
