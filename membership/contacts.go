package membership

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// maxSeeds bounds the seeds that a Cluster remembers.
	maxSeeds = 1024

	// Lost members are remembered for lostTime, the last maxLost of them.
	lostTime = 24 * time.Hour
	maxLost  = 1024
)

// contacts remembers where members were found or may be found.
type contacts struct {
	// wake has an element when there is someone new to look for.
	wake chan struct{}

	mu    sync.Mutex // guards the fields below
	seeds []seed
	lost  map[string]lostMember // by name
}

// lostMember is one that died, as far as is known here. It may be on the other side of a partition.
type lostMember struct {
	addr  netip.AddrPort
	since time.Time
}

func newContacts() *contacts {
	return &contacts{wake: make(chan struct{}, 1), lost: make(map[string]lostMember)}
}

// remember adds seeds, all or none.
func (c *contacts) remember(seeds []seed) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.seeds
	for _, s := range seeds {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	if len(all) > maxSeeds {
		return fmt.Errorf("%d seeds are too many, the limit is %d", len(all), maxSeeds)
	}
	c.seeds = all
	signal(c.wake)
	return nil
}

// note remembers the members that died, and forgets those that are back or left in good order.
func (c *contacts) note(diff []change, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, ch := range diff {
		if ch.kind != died {
			delete(c.lost, ch.member.Name)
			continue
		}
		if addr, err := netip.ParseAddrPort(ch.member.GossipAddr); err == nil {
			c.loseLocked(ch.member.Name, lostMember{addr, now})
		}
	}
}

func (c *contacts) loseLocked(name string, m lostMember) {
	if len(c.lost) >= maxLost {
		delete(c.lost, c.oldestLocked())
	}
	c.lost[name] = m
	signal(c.wake)
}

func (c *contacts) oldestLocked() string {
	var oldest string
	for name, m := range c.lost {
		if o, ok := c.lost[oldest]; !ok || m.since.Before(o.since) {
			oldest = name
		}
	}
	return oldest
}

// someLost returns the addresses of up to n lost members, picked at random, and forgets those lost too long ago.
func (c *contacts) someLost(n int, now time.Time) []netip.AddrPort {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.lost, func(_ string, m lostMember) bool { return now.Sub(m.since) > lostTime })
	addrs := make([]netip.AddrPort, 0, len(c.lost))
	for _, m := range c.lost {
		addrs = append(addrs, m.addr)
	}
	rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return addrs[:min(n, len(addrs))]
}

// someSeeds returns up to n seeds, picked at random.
func (c *contacts) someSeeds(n int) []seed {
	c.mu.Lock()
	defer c.mu.Unlock()
	seeds := slices.Clone(c.seeds)
	rand.Shuffle(len(seeds), func(i, j int) { seeds[i], seeds[j] = seeds[j], seeds[i] })
	return seeds[:min(n, len(seeds))]
}
