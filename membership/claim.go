package membership

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

const (
	// minClaim is how soon a member that found its name taken asks again. The pause then grows up to pushPullInterval,
	// at which memberlist asks anyway.
	minClaim = 250 * time.Millisecond

	// claimsGranted is how many members in a row must know this one by its name for the claim to rest. They need not
	// have noticed the death of the last holder at the same time.
	claimsGranted = 3
)

// claim runs until Close. When another member is known by this one's name, it exchanges what is known with the members
// again and again, until they know this one by it. Mostly the other is this member's last run, killed at another
// address a moment ago: its death is noticed soon, but nobody would tell a member that nobody knows.
func (c *Cluster) claim() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.table.contested:
		}
		pause := minClaim
		for granted := 0; granted < claimsGranted && c.wait(pause); {
			if c.isGranted() {
				granted++
				continue
			}
			granted = 0
			pause = min(pause*9/8, pushPullInterval)
		}
	}
}

// wait reports whether c is open after d.
func (c *Cluster) wait(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-c.ctx.Done():
		return false
	}
}

// isGranted asks another member, picked at random, whether it knows this one by its name. Without others, nobody minds.
func (c *Cluster) isGranted() bool {
	self := c.Self()
	others := slices.DeleteFunc(slices.Clone(c.Snapshot().Members), func(m Member) bool { return m.Name == self.Name })
	if len(others) == 0 {
		return true
	}
	addr, err := netip.ParseAddrPort(others[rand.N(len(others))].GossipAddr)
	if err != nil {
		return false
	}
	before := c.table.echoed()
	err = <-c.exchange([]netip.AddrPort{addr})
	return err == nil && c.table.echoed() != before
}
