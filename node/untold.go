package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// A write reaches the members that its writer knows. Some others need care:
//
// One that has just come is not known to all yet. So whoever is told of a write passes it on to those who came into its own
// view lately, once, before it answers: then the write reaches every member that any member knows whom the writer knows. One
// that not all others know yet keeps nothing, or doubts it, though what it has under way may be from before a write. One that seems to
// be dead is told if it can be reached: see lost.go. And one that was cut off while the others wrote is told by whoever asks
// it and gets what is out of date.

// newFor is how long a member counts as one that has just come: much longer than gossip takes.
const newFor = 5 * time.Second

// newcomers are the members that this node has come to know lately.
func (v *view) newcomers() []*peer {
	var newcomers []*peer
	for _, p := range v.others {
		if time.Since(p.since) < newFor {
			newcomers = append(newcomers, p)
		}
	}
	return newcomers
}

// passOn tells newcomers of a peer's write that this node has carried out as a version.
func (g *Group) passOn(ctx context.Context, r transport.Request, version uint64) error {
	forget := transport.Request{Op: r.Op, Group: g.name, Key: r.Key, Version: version, Peer: true}
	if r.Op == transport.Set {
		forget.Op = transport.Remove
	}
	return g.tellAll(ctx, g.node.view.Load().newcomers(), forget)
}

// errUnknown says that a node keeps nothing, as those who hold a key next may not know it.
var errUnknown = errors.New("this member is not known to the others yet")

// knownTimeout is how long a Set waits for others to know this node, or for this node to know others: mostly both take milliseconds.
const knownTimeout = time.Second

// writeOnceKnown makes a change of a key that nobody holds in v but this node, which keeps nothing, once there is another view or all
// know this node. When it meets the first other member, its view does not have that yet.
func (g *Group) writeOnceKnown(ctx context.Context, change transport.Request, v *view) error {
	moment, cancel := context.WithTimeout(ctx, knownTimeout)
	defer cancel()
	for {
		changed, known := g.node.topology.changes(), g.node.cluster.Settled()
		if g.node.view.Load() != v || !g.node.isUnknown() {
			return g.write(ctx, change)
		}
		select {
		case <-changed:
		case <-known:
		case <-moment.Done():
			return fmt.Errorf("nobody keeps the key: %w", errUnknown)
		}
	}
}

// awaitKnown waits for the others to know this node, for a moment from when that became open, as it keeps nothing that it begins to
// load before. Mostly it has just met the first of them, and their answers are on the way.
func (n *Node) awaitKnown(ctx context.Context) {
	if !n.isUnknown() {
		return
	}
	moment, cancel := context.WithDeadline(ctx, n.cluster.Standing().Opened.Add(meetTimeout))
	defer cancel()
	select {
	case <-n.cluster.Settled():
	case <-moment.Done():
	}
}

const (
	// meetTimeout is how long who asks waits for those whom this node has just met.
	meetTimeout = 250 * time.Millisecond

	// correctTimeout bounds the telling of a member that is out of date.
	correctTimeout = time.Second

	// maxCorrections is how many keys it is told of at once. Of others it is told when they are asked for again.
	maxCorrections = 16
)

// believe reports whether what a peer holds of a key as version can be what it holds now. A peer that a write has missed is told
// of it, in the background.
func (g *Group) believe(p *peer, hash uint64, key string, version uint64) bool {
	if g.flights.believes(hash, version) {
		return true
	}
	floor := g.flights.floor(hash)
	correct := func() {
		defer p.corrections.Add(-1)
		ctx, cancel := context.WithTimeout(g.node.ctx, correctTimeout)
		defer cancel()
		// Whoever asks it next will tell it again: an error is nobody's business.
		_, _ = g.tell(ctx, p, transport.Request{Op: transport.Remove, Group: g.name, Key: key, Version: floor, Peer: true})
	}
	if p.corrections.Add(1) > maxCorrections || !g.node.work.spawn(correct) {
		p.corrections.Add(-1)
	}
	return false
}
