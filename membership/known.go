package membership

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"time"
)

// lastConfirm bounds the pauses between the exchanges of a member that wants to know whether it is known.
const lastConfirm = 100 * time.Millisecond

// Known reports whether another member is known to know this one, as it is now. It is not until the first one says so: a member
// that has just met the others, or that started again elsewhere before they noticed that its last run is gone, may know all of
// them and not be reached by what they tell each other. Without others, it is known to all there are.
func (c *Cluster) Known() bool { return !c.table.unknown.Load() }

// Contested reports whether some may know another member by this one's name, mostly its last run: it is not settled yet that they
// know this one.
func (c *Cluster) Contested() bool {
	_, open, _ := c.table.rivalry()
	return open
}

// Patience is how long a member may be silent, at least, before others take it for dead.
func (c *Cluster) Patience() time.Duration {
	return time.Duration(c.profile.SuspicionMult) * c.profile.ProbeInterval
}

// confirm exchanges what is known with others, once so that they know that they are known, and for a moment until one of them
// knows this member.
func (c *Cluster) confirm(ctx context.Context) {
	for pause := lastConfirm / 32; pause <= lastConfirm; pause *= 2 {
		members := c.Snapshot().Members
		if m := members[rand.N(len(members))]; m.Name != c.Self().Name {
			if addr, err := netip.ParseAddrPort(m.GossipAddr); err == nil {
				<-c.exchange([]netip.AddrPort{addr}) //nolint:errcheck // it says no more than that it is not known yet
			}
		}
		if c.Known() {
			return
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}
