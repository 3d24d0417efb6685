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
	// A member asks the others whether they know it after firstAsk, after twice as long, and so on for quickAsks times, up to
	// slowAsk. Those who know it answer within a few of these. Others may have to notice first that its last run is dead: so it
	// asks earlyAsks times at that pause, which then grows up to Profile.PushPullInterval, at which memberlist tells them anyway.
	firstAsk  = 3 * time.Millisecond
	slowAsk   = 100 * time.Millisecond
	quickAsks = 6
	earlyAsks = 20

	// lastAsk is how long it asks those who do not answer: they are not dead, else they would be gone, but may be too old to answer.
	lastAsk = 30 * time.Second

	// asksDenied is how often in a row it must hear of nobody who knows it, but of a live member of its name, to leave the name to
	// that, though it started first by what their clocks say.
	asksDenied = quickAsks + 30

	// introductions is with how many of those who do not know it it exchanges what is known each time at first, later with one; and
	// maxUnderWay how many such exchanges may be under way. In a cluster of more than fewMembers gossip introduces it to most.
	introductions = 3
	maxUnderWay   = maxAttempts / 2
	fewMembers    = 32
)

// claim runs until Close. When it is open whether the others know this member, it asks them until they do, and exchanges what is
// known with those who do not: gossip goes by whoever heard of it first, who may die, or be as unknown as this one.
//
// Where another member is known by this one's name, that is mostly its last run, killed at another address a moment ago: its death
// is noticed soon, but nobody would tell a member that nobody knows. If the other is alive, the members hold on to it. This one
// then leaves it the name, and goes on to ask: the name is free once the other is gone.
func (c *Cluster) claim() {
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.table.unsettled:
		}
		asking{c, time.Now(), make(map[string]bool), make(chan string, maxUnderWay)}.run()
	}
}

// asking is a member's way to be known.
type asking struct {
	*Cluster
	began    time.Time
	underWay map[string]bool // with whom it exchanges what is known, by name
	over     chan string     // names of those with whom it did
}

func (a asking) run() {
	asked := a.Standing().Times
	for round, pause := 0, firstAsk; a.awaitAnswers(pause); round++ {
		times, unconvinced := a.Standing().Times, a.table.unconvinced()
		if times != asked { // it is open anew
			asked, a.began, round, pause = times, time.Now(), 0, firstAsk
		}
		if a.isOver(unconvinced) && a.settle(times) {
			return
		}
		for _, m := range unconvinced {
			a.greet(m, times)
		}
		a.introduce(unconvinced, round)
		if round >= quickAsks {
			_ = a.yieldToLiving(round >= asksDenied && !a.Standing().Known)
		}
		switch {
		case round < quickAsks:
			pause = min(2*pause, slowAsk)
		case round >= quickAsks+earlyAsks:
			pause = min(pause*5/4, a.profile.PushPullInterval)
		}
	}
}

// awaitAnswers waits until all have answered that are asked, or it is open anew whether they know this member, but not for longer than d.
// It reports whether the cluster is open.
func (a asking) awaitAnswers(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-a.ctx.Done():
			return false
		case <-timer.C:
			return true
		case <-a.table.unsettled:
			return true
		case <-a.table.answered:
			if len(a.table.unconvinced()) == 0 {
				return true
			}
		}
	}
}

// isOver tells whether this member is known to those it asks, or has asked for long enough. Without others, the name is that of
// the one who started first, if that is alive.
func (a asking) isOver(unconvinced []Member) bool {
	rival, open, taken := a.table.rivalry()
	if a.table.size() == 1 {
		return !open || !a.isNewer(rival) || !a.isAlive(rival)
	}
	return len(unconvinced) == 0 || !taken && a.Standing().Known && time.Since(a.began) > lastAsk
}

// introduce exchanges what is known with some of those who do not know this member. It does not wait for them.
func (a asking) introduce(unconvinced []Member, round int) {
	for len(a.over) > 0 {
		delete(a.underWay, <-a.over)
	}
	rand.Shuffle(len(unconvinced), func(i, j int) { unconvinced[i], unconvinced[j] = unconvinced[j], unconvinced[i] })
	left := a.introductions(round)
	for _, m := range unconvinced {
		addr, err := netip.ParseAddrPort(m.GossipAddr)
		if err != nil || a.underWay[m.Name] {
			continue
		}
		if left--; left < 0 || len(a.underWay) == maxUnderWay {
			return
		}
		a.underWay[m.Name] = true
		exchanged := a.exchange([]netip.AddrPort{addr})
		_ = a.open(func() { a.wg.Go(func() { a.await(exchanged, 1); a.over <- m.Name }) }) // else a is at its end
	}
}

// introductions is how many members it exchanges what is known with after so many rounds.
func (a asking) introductions(round int) int {
	_, contested, _ := a.table.rivalry()
	switch few := a.table.size() <= fewMembers; {
	case few && round < quickAsks:
		return introductions
	case few, contested, !a.Standing().Known, round%10 == 9:
		return 1
	}
	return 0
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

// settle ends the asking, unless it is open anew since so many times: the name is this member's.
func (a asking) settle(times uint64) bool {
	_, _, taken := a.table.rivalry()
	if a.onSettled != nil {
		a.onSettled(Standing{Times: times, Known: true, Settled: true, Since: a.table.knownSince()})
	}
	settled := a.table.settle(times)
	if taken && settled {
		a.log.Info().Str("member", a.Self().Name).Msg("the name of this member is its own again")
	}
	return settled
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
