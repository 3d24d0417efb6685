package node

import (
	"sync/atomic"
	"time"
)

// source is a Source's index.
type source uint8

const (
	fromLocal source = iota
	fromHot
	fromPeer
	fromOrigin
	fromStale
	numSources
)

func (s source) String() string { return string(sources[s]) }

// groupCounts are a group's counters. Each event is counted in one place.
type groupCounts struct {
	gets              [numSources]stripes
	seconds           [numSources]histogram
	served            stripes
	loads, loadErrors atomic.Uint64
	loadSeconds       histogram
}

// Of the hits that a cell of a counter counts, those are timed that make its count a power of two or a multiple of sampleEvery.
const sampleEvery = 256

// isTimed reports whether the n-th hit of a cell is one to be timed.
func isTimed(n uint64) bool { return n%sampleEvery == 0 || n&(n-1) == 0 }

// timedFor returns for how many the n-th hit of a cell stands, if it is timed.
func timedFor(n uint64) uint64 { return min((n+1)/2, sampleEvery) }

func (c *groupCounts) miss(from source, took time.Duration) {
	c.gets[from].add()
	c.seconds[from].observe(took, 1)
}

// misses counts so many that took as long.
func (c *groupCounts) misses(from source, n uint64, took time.Duration) {
	if n > 0 {
		c.gets[from].addMany(n)
		c.seconds[from].observe(took, n)
	}
}

func (c *groupCounts) load(took time.Duration, failed bool) {
	c.loads.Add(1)
	if failed {
		c.loadErrors.Add(1)
	}
	c.loadSeconds.observe(took, 1)
}
