package node

import (
	"slices"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/transport"
)

// topology turns what membership tells, or SetPeers, into views.
type topology struct {
	mu      sync.Mutex
	peers   map[peerID]*peer    // guarded by mu; the peers of the view
	version uint64              // guarded by mu; of the newest snapshot
	fixed   bool                // guarded by mu; SetPeers has spoken: gossip does not count any more
	members []membership.Member // guarded by mu; of the view
	self    string              // guarded by mu; this node's name among them, empty if it is not
	closed  bool                // guarded by mu
	keys    keyring             // guarded by mu; of the secrets
	missing map[string]missing  // guarded by mu; members that went without a word, by name
	cutOff  bool                // guarded by mu; most members have just come back
	changed chan struct{}       // guarded by mu; closed when the view is replaced; nil: nobody waits for that
}

// peerID tells a peer from what it was before it restarted or moved.
type peerID struct {
	name, addr string
	boot       uint64
}

// alone is the view of a node that knows nobody.
func (n *Node) alone() *view {
	self := Member{Name: n.name, HTTPAddr: n.httpAddr, Zone: n.cfg.Zone, Weight: n.cfg.Weight}
	ring := hashring.New(hashring.Member{Name: n.name, Weight: n.cfg.Weight, Zone: n.cfg.Zone})
	return &view{me: self, members: []Member{self}, ring: ring, owners: []*peer{nil}}
}

// applySnapshot makes a snapshot the view, unless it is older than the view.
func (n *Node) applySnapshot(s membership.Snapshot) {
	defer n.logChangeFrom(n.view.Load())
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	if n.topology.fixed || s.Version <= n.topology.version {
		return
	}
	n.topology.version = s.Version
	self := n.name
	if s.NameTaken {
		self = "" // a peer has the name, and what it owns
	}
	n.noteLeft(s.Left)
	n.setViewLocked(self, s.Members)
}

// fix sets the members by hand. This node is the one that is named by its address.
func (n *Node) fix(members []membership.Member) error {
	defer n.logChangeFrom(n.view.Load())
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	if n.topology.closed {
		return ErrClosed
	}
	n.topology.fixed = true
	n.setViewLocked(n.httpAddr, members)
	return nil
}

// stepDown takes this node off its own ring, so that what it owns is asked of those who own it next.
func (n *Node) stepDown() {
	defer n.logChangeFrom(n.view.Load())
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	me := n.topology.self
	if me == "" {
		return // it never had a peer, or is no member
	}
	members := slices.Clone(n.topology.members)
	for i := range members {
		members[i].Draining = members[i].Draining || members[i].Name == me
	}
	n.setViewLocked(me, members)
}

// setViewLocked replaces the view by one of the members, which are sorted; self names this node among them, and is empty if
// it is none.
func (n *Node) setViewLocked(self string, all []membership.Member) {
	if n.topology.closed {
		return
	}
	n.topology.members, n.topology.self = all, self
	old := n.view.Load()
	v := &view{me: old.me, self: -1}
	peers := make(map[peerID]*peer, len(all))
	byName := make(map[string]*peer, len(all))
	for _, m := range all {
		v.members = append(v.members, memberOf(m))
		if m.Name == self {
			v.me = memberOf(m)
			continue
		}
		p := n.peerLocked(m)
		peers[peerID{m.Name, m.HTTPAddr, m.Boot}], byName[m.Name] = p, p
		v.others = append(v.others, p)
	}
	v.ring = ringOf(old.ring, v.members)
	for i, m := range v.ring.Members() {
		v.owners = append(v.owners, byName[m.Name])
		if m.Name == self {
			v.self = i
		}
	}
	v.remember(old)
	v.lost = n.lostLocked(old, byName)
	n.noteMissingLocked(old, byName)
	n.welcomeLocked(v)
	n.view.Store(v)
	n.viewChanged(old.ring != v.ring)
	n.dropPeersLocked(peers)
	if n.topology.changed != nil {
		close(n.topology.changed)
		n.topology.changed = nil
	}
}

// viewChanged wakes those who follow the view.
func (n *Node) viewChanged(ring bool) {
	if ring {
		for _, g := range n.groups.all() {
			g.peeks.reset()
		}
	}
	signal(n.handovers.wake)
}

// peerLocked returns the peer for a member: the one that there is, or a new one.
func (n *Node) peerLocked(m membership.Member) *peer {
	p, ok := n.topology.peers[peerID{m.Name, m.HTTPAddr, m.Boot}]
	switch {
	case ok && p.Member == memberOf(m):
		return p
	case ok:
		p = &peer{memberOf(m), p.link}
	default:
		p = &peer{memberOf(m), n.newLink(memberOf(m), m.Boot)}
	}
	p.draining.Store(m.Draining)
	return p
}

// newLink is called with the topology's lock held.
func (n *Node) newLink(m Member, boot uint64) *link {
	client := transport.NewClient(transport.ClientConfig{
		Addr: m.HTTPAddr, TLS: n.cfg.TLS, TLSNow: n.certs.source(), GroupcacheCompat: n.cfg.GroupcacheCompat,
		Dial: n.cfg.network.dial,
	})
	n.topology.keys.giveHTTP(client)
	return &link{node: n, name: m.Name, boot: boot, since: time.Now(), client: client}
}

// dropPeersLocked makes peers the table, and closes the clients of those that are no longer in it. What waits for one
// that stopped without closing its connections goes on to the next owner then.
func (n *Node) dropPeersLocked(peers map[peerID]*peer) {
	for id, p := range n.topology.peers {
		if peers[id] == nil {
			p.client.Close()
		}
	}
	n.topology.peers = peers
}

// remember notes the ring before v's, if v's is another: its owners are asked before the origin.
func (v *view) remember(old *view) {
	v.before, v.warmUntil = old.before, old.warmUntil
	if v.ring.Fingerprint() != old.ring.Fingerprint() {
		v.before = append([]*hashring.Ring{old.ring}, old.before[:min(len(old.before), maxBefore-1)]...)
		v.warmUntil = time.Now().Add(warmFor)
	}
}

// logChangeFrom logs a change of the ring since old, once no lock is held.
func (n *Node) logChangeFrom(old *view) {
	ring := n.view.Load().ring
	if ring.Fingerprint() == old.ring.Fingerprint() {
		return
	}
	var names []string
	for _, m := range ring.Members() {
		names = append(names, m.Name)
	}
	n.log.Info().Strs("members", names).Uint64("ring_hash", ring.Fingerprint()).Msg("ring changed")
}

// closeTopology ends the connections to peers. The view stays as it is.
func (n *Node) closeTopology() {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	n.topology.closed = true
	for _, p := range n.topology.peers {
		p.client.Close()
	}
	for _, p := range n.view.Load().lost {
		p.client.Close()
	}
}
