package node

import (
	"sync/atomic"
	"time"
)

// HandOver says how far a node is in giving entries to the members that own them now, after a change of the ring or as it
// leaves. Once done, it tells of the last time.
type HandOver struct {
	// Running says that entries are being handed over; Leaving, that it is because the node leaves.
	Running, Leaving bool

	// Entries is the number of entries that were held at the beginning, and Seen how many of them were looked at.
	Entries, Seen int64

	// Given is the number of entries handed over, Refused that of those that no member took; the others need not be.
	Given, Refused int64

	// Bytes are those of the keys and values that were handed over.
	Bytes int64

	// Took is the time since the beginning, or the time that it took.
	Took time.Duration
}

// progress counts what a HandOver tells.
type progress struct {
	running, leaving atomic.Bool
	entries, seen    atomic.Int64
	given, refused   atomic.Int64
	bytes            atomic.Int64
	started, took    atomic.Int64 // ns; the first since the Unix epoch
}

func (p *progress) begin(n *Node, leaving bool) {
	var entries int64
	for _, g := range n.groups.all() {
		entries += int64(g.store.Stats().Owned.Entries)
	}
	p.entries.Store(entries)
	for _, c := range []*atomic.Int64{&p.seen, &p.given, &p.refused, &p.bytes, &p.took} {
		c.Store(0)
	}
	p.started.Store(time.Now().UnixNano())
	p.leaving.Store(leaving)
	p.running.Store(true)
}

func (p *progress) end() {
	p.took.Store(time.Now().UnixNano() - p.started.Load())
	p.running.Store(false)
}

func (p *progress) snapshot() HandOver {
	s := HandOver{
		Running: p.running.Load(), Leaving: p.leaving.Load(), Entries: p.entries.Load(), Seen: p.seen.Load(),
		Given: p.given.Load(), Refused: p.refused.Load(), Bytes: p.bytes.Load(), Took: time.Duration(p.took.Load()),
	}
	if s.Running {
		s.Took = time.Since(time.Unix(0, p.started.Load()))
	}
	return s
}
