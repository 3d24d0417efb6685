package node

import (
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// maxAhead is how far ahead of this node's clock a peer's version may be. One that is further would hold up the clocks of all
// members for as long.
const maxAhead = 24 * time.Hour

// writeBit is set in the versions of writes, and not in those of loads.
const writeBit = 1

// clock issues versions: a hybrid logical clock (Kulkarni et al., 2014). A version is the time in nanoseconds since 1970, or
// hardly more than the highest version that was issued or heard of here. So what happens after something else on any two nodes
// that talked in between has a higher version, however wrong their clocks are.
type clock struct{ last atomic.Uint64 }

// next issues a version for something that was loaded, higher than all that were issued or heard of.
func (c *clock) next() uint64 { return c.nextAt(time.Now()) }

// nextAt is next for who has just read the time.
func (c *clock) nextAt(now time.Time) uint64 { return c.issue(now, 0) }

// nextWrite issues one for a write.
func (c *clock) nextWrite() uint64 { return c.issue(time.Now(), writeBit) }

func (c *clock) issue(now time.Time, bit uint64) uint64 {
	for {
		last := c.last.Load()
		v := max(last+1, uint64(now.UnixNano()))&^writeBit | bit
		if v <= last {
			v += 2
		}
		if c.last.CompareAndSwap(last, v) {
			return v
		}
	}
}

// hear takes notice of a peer's version, and reports whether it can be one.
func (c *clock) hear(v uint64) bool {
	if v <= c.last.Load() {
		return true // as most are, and to read the time takes longer
	}
	if v > uint64(time.Now().Add(maxAhead).UnixNano()) {
		return false
	}
	for last := c.last.Load(); v > last; last = c.last.Load() {
		if c.last.CompareAndSwap(last, v) {
			break
		}
	}
	return true
}

// heardFrom takes notice of the version in a reply; a reply whose version cannot be one has none.
func (c *clock) heardFrom(resp *transport.Response) {
	if !c.hear(resp.Version) {
		resp.Version = 0
	}
}
