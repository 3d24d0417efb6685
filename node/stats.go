package node

// Source says where the answer to a Get came from.
type Source string

// The sources of an answer.
const (
	SourceLocal  Source = "local"  // this node's store, as owner
	SourceHot    Source = "hot"    // this node's copy of a peer's hot key
	SourcePeer   Source = "peer"   // another node
	SourceOrigin Source = "origin" // the Loader, called by this node
	SourceStale  Source = "stale"  // this node's store, past its life and within StaleFor
)

// sources are in the order of their index in counters.
var sources = [...]Source{SourceLocal, SourceHot, SourcePeer, SourceOrigin, SourceStale}

// Stats is a snapshot of what a node counts.
type Stats struct {
	// Members is the number of members that this node knows, itself included.
	Members int

	// Settled is set once all members have said that they know this node, which takes a moment after Join. Until then it keeps nothing
	// that it loads, or asks others before it serves that.
	Settled bool

	// RingHash is equal on nodes whose rings are equal. It has at most 53 bits, so that a float64 holds it.
	RingHash uint64

	// GossipRefused counts what gossip brought and this node turned away.
	GossipRefused GossipRefused

	// HandOver tells of entries that are on their way to the members that own them now.
	HandOver HandOver

	// Groups are sorted by name.
	Groups []GroupStats
}

// GroupStats is a snapshot of what a group counts on one node, since the group was made.
type GroupStats struct {
	Name string

	// Gets are the Gets answered on this node, by source, failed ones included. What was served to peers is not among
	// them: it is counted where it was asked.
	Gets map[Source]uint64

	// Served is the number of Gets answered to peers.
	Served uint64

	// OriginLoads are the calls of the Loader; OriginErrors those that failed (not found is no failure).
	OriginLoads, OriginErrors uint64

	// PeerRequests are the requests sent to peers that are members now, by peer and outcome.
	PeerRequests []PeerRequests

	// Owned and Hot say what the store holds; Evictions count what it dropped for want of room.
	Owned, Hot Holding
	Evictions  uint64

	// MaxBytes is the group's budget on this node.
	MaxBytes int64

	// GetSeconds are the times of Gets by source. Local and hot hits are sampled.
	GetSeconds map[Source]Histogram

	// OriginLoadSeconds are the times of the Loader.
	OriginLoadSeconds Histogram
}

// GossipRefused counts gossip that a node turned away since it started. It is zero on a node that does not gossip.
type GossipRefused struct {
	Strangers uint64 // packets and streams of another cluster or secret, or that no member would send
	Invalid   uint64 // announcements of members that cannot be, and news that cannot be
	NameTaken uint64 // announcements of a name that another live member has
	Excessive uint64 // packets that are too large, and streams beyond how many may be open
}

// Holding says how much a store holds of one kind.
type Holding struct {
	Entries int
	Bytes   int64 // with keys and overhead
}

// PeerRequests counts the requests to one peer that had one outcome.
type PeerRequests struct {
	Peer  string // member name
	Code  string // "ok", "not-found", …; "no-reply" where none came
	Count uint64
}

// Stats returns a snapshot of what n and its groups count.
func (n *Node) Stats() Stats {
	v := n.view.Load()
	s := Stats{
		Members: len(v.members), Settled: n.isSettled(), RingHash: v.ring.Fingerprint(),
		GossipRefused: n.gossipRefused(), HandOver: n.handovers.progress.snapshot(),
	}
	for _, g := range n.groups.all() { // which are sorted
		s.Groups = append(s.Groups, g.Stats())
	}
	return s
}

func (n *Node) gossipRefused() GossipRefused {
	if n.cluster == nil {
		return GossipRefused{}
	}
	s := n.cluster.Stats()
	return GossipRefused{Strangers: s.Strangers, Invalid: s.Refused, NameTaken: s.Conflicts, Excessive: s.Dropped}
}

// Stats returns a snapshot of what g counts on this node.
func (g *Group) Stats() GroupStats {
	c, held := &g.counts, g.store.Stats()
	s := GroupStats{
		Name:              g.name,
		Gets:              make(map[Source]uint64, len(sources)),
		Served:            c.served.sum(),
		OriginLoads:       c.loads.Load(),
		OriginErrors:      c.loadErrors.Load(),
		PeerRequests:      g.node.peerRequests(g.name),
		Owned:             Holding(held.Owned),
		Hot:               Holding(held.Hot),
		Evictions:         held.Evictions,
		MaxBytes:          g.cfg.MaxBytes,
		GetSeconds:        make(map[Source]Histogram, len(sources)),
		OriginLoadSeconds: c.loadSeconds.snapshot(),
	}
	for i, name := range sources {
		s.Gets[name] = c.gets[i].sum()
		s.GetSeconds[name] = c.seconds[i].snapshot()
	}
	return s
}
