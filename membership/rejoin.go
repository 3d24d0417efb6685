package membership

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

const (
	// After a seed or a lost member was added, the rounds of the rejoiner are minRetry apart at first, and half as much
	// longer each time up to maxRetry; each within a quarter, so that members do not act in step.
	minRetry = time.Second
	maxRetry = 5 * time.Second

	// A round tries at most so many seeds and lost members. One that answers tells of all others on its side.
	seedsPerRound = 16
	lostPerRound  = 3

	// roundTime bounds a round, against name servers that do not answer.
	roundTime = 10 * time.Second
)

// rejoin runs until Close, and looks for members that gossip has no way to find: seeds that were not there yet, members
// that came back at their address, and those on the other side of a partition, whom both sides have given up.
func (c *Cluster) rejoin() {
	delay := minRetry
	timer := time.NewTimer(jitter(delay))
	defer timer.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.contacts.wake:
			if delay > minRetry { // else a round is near, and must not be put off
				delay = minRetry
				timer.Reset(jitter(delay))
			}
		case <-timer.C:
			c.rejoinOnce()
			delay = min(delay*3/2, maxRetry)
			timer.Reset(jitter(delay))
		}
	}
}

func (c *Cluster) rejoinOnce() {
	ctx, cancel := context.WithTimeout(c.ctx, roundTime)
	defer cancel()
	seeds := c.contacts.someSeeds(seedsPerRound)
	fromSeeds := c.each(len(seeds), func(i int) error { return c.contact(ctx, seeds[i]) })
	lost := c.lostAddrs()
	fromLost := c.exchange(lost)
	c.await(fromSeeds, len(seeds))
	c.await(fromLost, len(lost))
}

// await waits for n results. Who was not reached is tried again in a later round.
func (c *Cluster) await(results <-chan error, n int) {
	for range n {
		if err := <-results; err != nil && !errors.Is(err, errSelf) {
			c.log.Debug().Err(err).Msg("not reached")
		}
	}
}

// lostAddrs returns some addresses of lost members that no other member has taken over.
func (c *Cluster) lostAddrs() []netip.AddrPort {
	lost := slices.DeleteFunc(c.contacts.someLost(lostPerRound, time.Now()), c.isSelf)
	strange, _ := c.strange(lost)
	return strange
}

// jitter returns d, a quarter more or a quarter less.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + rand.N(d/2)
}
