package node

import (
	"sync/atomic"
	"unsafe"
)

// stripes is a counter that many cores add to at once: each goroutine has its own of several cells.
type stripes [1 << stripeBits]struct {
	n atomic.Uint64
	_ [56]byte // a cache line to each
}

const stripeBits = 4

// add counts one and returns the new count of the caller's cell.
func (s *stripes) add() uint64 { return s[stripe()].n.Add(1) }

// addMany counts n.
func (s *stripes) addMany(n uint64) { s[stripe()].n.Add(n) }

// stripe returns which cell the calling goroutine adds to. Goroutines that run at once have different stacks, whose
// addresses, spread by a multiplication (Knuth's), mostly lead to different cells; a goroutine whose stack was moved only goes
// on with another cell. The address is never followed.
func stripe() uint64 {
	var onStack byte
	const stackBits = 11 // no stack is smaller than 2 KiB
	return uint64(uintptr(unsafe.Pointer(&onStack))>>stackBits) * 0x9E3779B97F4A7C15 >> (64 - stripeBits)
}

func (s *stripes) sum() uint64 {
	var sum uint64
	for i := range s {
		sum += s[i].n.Load()
	}
	return sum
}
