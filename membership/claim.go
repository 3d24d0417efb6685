package membership

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/rs/zerolog"
)

const (
	// minClaim is how soon a member that found its name claimed asks whose it is. It asks earlyClaims times at that pause,
	// in which the last run of a member that started again is noticed to be dead; then the pause grows up to
	// Profile.PushPullInterval, at which memberlist asks anyway.
	minClaim    = 100 * time.Millisecond
	earlyClaims = 20

	// claimsGranted is how many members in a row must know this one by its name for the claim to rest. They need not
	// have noticed the death of the last holder at the same time.
	claimsGranted = 3

	// claimsDenied is how many members in a row must know a live member by this one's name for this one to leave it to
	// that, though it started first by what their clocks say.
	claimsDenied = 30
)

// claim runs until Close. When another member is known by this one's name, it exchanges what is known with the members
// again and again, until they know this one by it. Mostly the other is this member's last run, killed at another
// address a moment ago: its death is noticed soon, but nobody would tell a member that nobody knows.
//
// If the other is alive, the members hold on to it. This one then leaves it the name, and goes on to ask: the name is
// free once the other is gone.
func (c *Cluster) claim() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.table.contested:
		}
		pause, asked, denied := minClaim, 0, 0
		for granted := 0; granted < claimsGranted && c.wait(pause); {
			if c.isGranted() {
				granted, denied = granted+1, 0
				continue
			}
			granted, denied = 0, denied+1
			_ = c.yieldToLiving(denied >= claimsDenied)
			if asked++; asked > earlyClaims {
				pause = min(pause*5/4, c.profile.PushPullInterval)
			}
		}
		if c.ctx.Err() == nil {
			c.settle()
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

// isGranted asks another member, picked at random, whether it knows this one by its name. Without others, the name is
// that of the one who started first, if that is alive.
func (c *Cluster) isGranted() bool {
	addrs := c.otherAddrs()
	if len(addrs) == 0 {
		rival, _, _ := c.table.rivalry()
		return !c.isNewer(rival) || !c.isAlive(rival)
	}
	before := c.table.echoed()
	err := <-c.exchange([]netip.AddrPort{addrs[rand.N(len(addrs))]})
	return err == nil && c.table.echoed() != before
}

// otherAddrs is where the members of other names gossip.
func (c *Cluster) otherAddrs() []netip.AddrPort {
	self := c.Self()
	var addrs []netip.AddrPort
	for _, m := range c.Snapshot().Members {
		if addr, err := netip.ParseAddrPort(m.GossipAddr); err == nil && m.Name != self.Name {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// isNewer tells whether this member was started after the rival, as far as their clocks agree.
func (c *Cluster) isNewer(rival Member) bool {
	self := c.Self()
	if self.Boot != rival.Boot {
		return self.Boot > rival.Boot
	}
	return self.GossipAddr > rival.GossipAddr
}

// isAlive asks the rival itself: it is if a member answers at its address that is not known by another name.
func (c *Cluster) isAlive(rival Member) bool {
	addr, err := netip.ParseAddrPort(rival.GossipAddr)
	if err != nil || <-c.exchange([]netip.AddrPort{addr}) != nil {
		return false
	}
	now, open, _ := c.table.rivalry()
	return open && now.GossipAddr == rival.GossipAddr && !slices.Contains(c.otherAddrs(), addr)
}

// yieldToLiving leaves the name to the rival if that is alive, and started first or the members insist on it.
func (c *Cluster) yieldToLiving(insisted bool) *NameTakenError {
	rival, open, taken := c.table.rivalry()
	if !open || !taken && (!insisted && !c.isNewer(rival) || !c.isAlive(rival)) {
		return nil
	}
	err := &NameTakenError{Name: rival.Name, Holder: rival.GossipAddr}
	if !taken {
		c.table.yield()
		c.table.note("taken "+rival.GossipAddr, notice{
			kind: noticeTaken, level: zerolog.ErrorLevel, name: rival.Name, addr: c.Self().GossipAddr, holds: rival.GossipAddr,
			text: "the name of this member is taken: it owns nothing until the name's holder is gone",
		})
	}
	return err
}

func (c *Cluster) settle() {
	if _, _, taken := c.table.rivalry(); taken {
		c.log.Info().Str("member", c.Self().Name).Msg("the name of this member is its own again")
	}
	c.table.settle()
}

// checkName returns a *NameTakenError if this member's name is found to be another's before ctx ends, and has published
// that then.
func (c *Cluster) checkName(ctx context.Context) error {
	done := make(chan *NameTakenError, 1)
	if err := c.open(func() { c.wg.Go(func() { done <- c.yieldToLiving(false) }) }); err != nil {
		return err
	}
	select {
	case taken := <-done:
		if taken == nil {
			return nil
		}
		_ = c.flush(ctx) // in vain if ctx ends
		return taken
	case <-ctx.Done(): // claim will find out
		return nil
	}
}
