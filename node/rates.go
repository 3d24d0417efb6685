package node

import (
	"sync/atomic"
	"time"
)

const (
	// rateSlots is how many keys' rates are known at once, at most. The rare key that shares its slot with a common one
	// goes without.
	rateSlots = 4096

	// hotQPS is the rate at which peers ask for a key, in queries per second, from which on they should keep a copy.
	hotQPS = 10
)

// rates estimates how often peers ask for the group's hottest keys. A slot counts one key's queries of the current
// second. A key that meets another's in its slot takes one off that count and gets the slot once it is at zero, so that a
// scan of many keys does not dislodge a hot one, nor look like one.
type rates struct{ slots [rateSlots]atomic.Uint64 }

// A slot holds a tag of the key's hash, the second, the count of the second before, and the count of this one.
type rateSlot struct {
	tag           uint16
	second        uint16
	before, count uint16
}

func unpackRate(v uint64) rateSlot {
	return rateSlot{tag: uint16(v >> 48), second: uint16(v >> 32), before: uint16(v >> 16), count: uint16(v)}
}

func (s rateSlot) pack() uint64 {
	return uint64(s.tag)<<48 | uint64(s.second)<<32 | uint64(s.before)<<16 | uint64(s.count)
}

// asked counts a query at the time now, since any fixed moment, and returns the key's rate per second.
func (r *rates) asked(hash uint64, now time.Duration) float64 {
	slot := &r.slots[hash%rateSlots]
	for {
		old := slot.Load()
		s := unpackRate(old).after(uint16(now / time.Second))
		rate := s.ask(uint16(hash >> 48))
		if slot.CompareAndSwap(old, s.pack()) {
			return rate
		}
	}
}

// lateBy is how many seconds ago a query may have come that is counted only now.
const lateBy = 60

// after is the slot once the clock has moved on to second. A query that came before that, and was kept waiting, counts as one of now.
func (s rateSlot) after(second uint16) rateSlot {
	if s.second-second <= lateBy {
		return s
	}
	switch second - s.second {
	case 1:
		s.before, s.count = s.count, 0
	default:
		s.before, s.count = 0, 0
	}
	s.second = second
	return s
}

// ask counts a query for the key with tag, and returns its rate.
func (s *rateSlot) ask(tag uint16) float64 {
	switch {
	case s.tag == tag:
		s.count += min(1, ^uint16(0)-s.count)
	case s.before == 0 && s.count == 0:
		s.tag, s.count = tag, 1
	default:
		s.before -= min(1, s.before)
		s.count -= min(1, s.count)
		return 0
	}
	return float64(max(s.before, s.count))
}
