package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/transport"
)

// A member that leaves keeps nothing from before the others hear that it has left: a writer that they do not tell it to, or that
// it refuses, need not tell it.

// errDeparted says that a member has left, and serves nothing of what it held.
var errDeparted = errors.New("it has left")

// departTimeout is how long a member that is about to leave, and does not answer, may take to have left.
const departTimeout = time.Second

// keepsNothing reports whether no write may reach this node, so that nothing may be stored.
func (n *Node) keepsNothing() bool { return n.emptied.Load() || n.isUnknown() }

// empty forgets all that is held, for good: whoever asks this node from now on is answered by those who own the keys.
func (n *Node) empty() {
	n.emptied.Store(true)
	for _, g := range n.groups.all() {
		g.dropAll(0)
	}
}

// departed reports whether a peer that could not be told of a write has left. One that is about to is given a moment for it.
func (n *Node) departed(ctx context.Context, p *peer) bool {
	ctx, cancel := context.WithTimeout(ctx, departTimeout)
	defer cancel()
	for {
		present, changed := n.topology.follow(p)
		switch {
		case !p.draining.Load():
			return false
		case !present:
			return true
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		case <-n.ctx.Done():
			return false
		}
	}
}

// noteLeft takes note of members that have said that they leave, and went, maybe before there was a view with them leaving.
func (n *Node) noteLeft(members []membership.Member) {
	v := n.view.Load()
	for _, m := range members {
		if p := v.other(m.Name); p != nil && p.boot == m.Boot {
			p.draining.Store(true)
		}
	}
}

// follow reports whether a peer is still a member as it was, and what is closed when members change.
func (t *topology) follow(p *peer) (present bool, changed <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.peers[peerID{p.Name, p.HTTPAddr, p.boot}]
	return now != nil && now.link == p.link, t.changedLocked()
}

func (t *topology) changedLocked() <-chan struct{} {
	if t.changed == nil {
		t.changed = make(chan struct{})
	}
	return t.changed
}

// settleSet sees to it that what was just Set here is kept: by others where this node is leaving, and may have handed over what it
// held, and by those who own the key where this node does not. errDeparted says that nobody keeps it.
func (g *Group) settleSet(ctx context.Context, hash uint64, key string) error {
	n, v := g.node, g.node.view.Load()
	switch {
	case n.emptied.Load() || n.handovers.intake.isClosed() && len(v.others) > 0:
		if !g.copyOut(ctx, hash, key) {
			return errDeparted
		}
	case !v.holds(hash, g.cfg.Replicas):
		signal(n.handovers.strayed)
	}
	return nil
}

// refused is for a peer that does not carry out a write since it is leaving. What it forgets it does forget before it refuses.
func (g *Group) refused(ctx context.Context, p *peer, r transport.Request) error {
	if r.Op != transport.Set {
		return errDeparted
	}
	if _, err := g.tell(ctx, p, transport.Request{Op: transport.Remove, Group: g.name, Key: r.Key, Version: r.Version, Peer: true}); err != nil {
		return err
	}
	return errDeparted
}

// writeAgain makes a change of a key whose holders in v have all left, once others hold it.
func (g *Group) writeAgain(ctx context.Context, change transport.Request, v *view) error {
	moment, cancel := context.WithTimeout(ctx, departTimeout)
	defer cancel()
	for changed := g.node.topology.changes(); g.node.view.Load() == v; changed = g.node.topology.changes() {
		select {
		case <-changed:
		case <-g.node.ctx.Done():
			return ErrClosed
		case <-moment.Done():
			return fmt.Errorf("all who hold the key: %w", errDeparted)
		}
	}
	return g.write(ctx, change)
}

// changes is closed when members change.
func (t *topology) changes() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.changedLocked()
}
