package node

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
)

// Over has nodes made of c reach others over a network of a test's own.
func (c *Config) Over(gossip membership.Network, dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.network = network{gossip, dial}
}

// Over has clients made of c connect over a network of a test's own.
func (c *ClientConfig) Over(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.network.dial = dial
}

// ForceRing makes n see a ring of the named members alone, whatever the others see, from now on.
func (n *Node) ForceRing(names ...string) {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	n.topology.fixed = true
	n.view.Store(n.ringOf(n.view.Load(), names))
}

// ringOf is a view with a ring of the named members alone.
func (n *Node) ringOf(old *view, names []string) *view {
	v := *old
	v.ring, v.owners, v.self, v.before = hashring.New(), nil, -1, nil
	for _, name := range names {
		if name != v.me.Name && v.other(name) == nil {
			continue // it went meanwhile
		}
		v.ring = v.ring.With(hashring.Member{Name: name})
	}
	for i, m := range v.ring.Members() {
		v.owners = append(v.owners, v.other(m.Name))
		if m.Name == v.me.Name {
			v.self = i
		}
	}
	return &v
}

// ForgetPreviousRing makes n ask no previous owner for the changes of the ring so far.
func (n *Node) ForgetPreviousRing() {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	v := *n.view.Load()
	v.before = nil
	n.view.Store(&v)
}

// DisturbRing makes n see a ring of the named members, whatever the others see, until its view changes.
func (n *Node) DisturbRing(names ...string) {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	old := n.view.Load()
	v := n.ringOf(old, names)
	v.remember(old)
	n.view.Store(v)
}

// ForgetMember makes n know nothing of a member until its view changes. As lost, it knows that there was one.
func (n *Node) ForgetMember(name string, lost bool) {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	old := n.view.Load()
	names, members := []string{}, map[string]*peer{}
	for _, m := range old.members {
		if m.Name != name {
			names, members[m.Name] = append(names, m.Name), old.other(m.Name)
		}
	}
	v := n.ringOf(old, names)
	v.others = slices.DeleteFunc(slices.Clone(old.others), func(p *peer) bool { return p.Name == name })
	if lost {
		v.lost = n.lostLocked(old, members)
		n.noteMissingLocked(old, members)
	}
	n.view.Store(v)
}

// RestoreRing ends what DisturbRing and ForgetMember did.
func (n *Node) RestoreRing() {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	n.setViewLocked(n.view.Load().me.Name, n.topology.members)
}

// OutliveLost has it be long ago that n lost members.
func (n *Node) OutliveLost() {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	v := *n.view.Load()
	v.lost = nil
	for _, p := range n.view.Load().lost {
		v.lost = append(v.lost, &lostPeer{peer: p.peer, until: time.Now().Add(-time.Second)})
	}
	n.view.Store(&v)
}

// MissLeave has n hear that a member has left without having heard that it was about to.
func (n *Node) MissLeave(name string) {
	s := n.cluster.Snapshot()
	gone := slices.IndexFunc(s.Members, func(m membership.Member) bool { return m.Name == name })
	s.Version++
	s.Left = append(s.Left, s.Members[gone])
	s.Members = slices.Delete(slices.Clone(s.Members), gone, gone+1)
	n.applySnapshot(s)
}

// Knows says where the other members are that n knows, and those that it has lost.
func (n *Node) Knows() string {
	v := n.view.Load()
	var knows strings.Builder
	for _, p := range v.others {
		fmt.Fprintf(&knows, "%s at %s, ", p.Name, p.HTTPAddr)
	}
	for _, p := range v.lost {
		fmt.Fprintf(&knows, "no more %s at %s, ", p.Name, p.HTTPAddr)
	}
	return knows.String()
}

// IsUnknown reports whether the other members may not know n.
func (n *Node) IsUnknown() bool { return n.isUnknown() }

// AskStanding makes it open whether the other members know n, as when it meets the first one.
func (n *Node) AskStanding() { n.cluster.Ask() }

// Peek asks a member for what it holds of a key.
func (g *Group) Peek(member, key string) bool {
	ctx, cancel := context.WithTimeout(g.node.ctx, peekTimeout)
	defer cancel()
	_, ok := g.peek(ctx, g.space.Hash(key), key, g.node.view.Load().other(member))
	return ok
}

// Asks reports whether n asks a member, and whether it suspects it of being stopped.
func (n *Node) Asks(member string) (asks, suspects bool) {
	p := n.view.Load().other(member)
	return !p.breaker.open.Load(), p.suspected.Load()
}

// Empty makes n forget what it holds, as one that has left.
func (n *Node) Empty() { n.empty() }

// StopIntake makes n take no copies any more, as one that has begun to hand over what it holds before it leaves.
func (n *Node) StopIntake() { n.handovers.intake.close() }

// StandStill has n see that its process stood still until now, since before it was started.
func (n *Node) StandStill() { n.StandStillFor(time.Hour) }

// StandStillFor has n see that its process stood still for d until now.
func (n *Node) StandStillFor(d time.Duration) {
	n.doubt.mu.Lock()
	defer n.doubt.mu.Unlock()
	n.doubt.seen.Store(time.Now().Add(-d).UnixNano())
	n.noteClockLocked(time.Now())
}

// Continue makes n's clock have jumped by d, which nobody has seen yet.
func (n *Node) Continue(d time.Duration) {
	n.doubt.mu.Lock()
	n.doubt.seen.Store(time.Now().Add(-d).UnixNano())
	n.doubt.mu.Unlock()
}

// SeeClock has n look at the clock, as it does before it serves a request.
func (n *Node) SeeClock() { n.seeClock(time.Now()) }

// InDoubt reports whether n doubts what it comes to hold.
func (n *Node) InDoubt() bool { return n.believedFrom() == endless }

// DoubtFor makes n doubt what it holds, and for a while what it comes to hold.
func (n *Node) DoubtFor(d time.Duration) { n.doubtFor(d) }

// EndDoubt makes what n comes to hold from now on be in no doubt, as after some seconds.
func (n *Node) EndDoubt() {
	n.doubt.mu.Lock()
	defer n.doubt.mu.Unlock()
	n.doubt.until.Store(n.clock.next())
}

// HearOfClock has n hear of a version of a peer whose clock is ahead.
func (n *Node) HearOfClock(ahead time.Duration) {
	n.clock.hear(uint64(time.Now().Add(ahead).UnixNano()))
}

// MissedPause is missedPause.
const MissedPause = missedPause

// Doubts reports whether n has anything confirmed before it serves that.
func (n *Node) Doubts() bool { return n.doubt.until.Load() != 0 }

// Vouches reports whether n tells of no write of key since a version that was issued at a time.
func (g *Group) Vouches(key string, since time.Time) bool {
	v := g.vouches(g.space.Hash(key))
	return v != 0 && v <= uint64(since.UnixNano())
}
