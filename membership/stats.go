package membership

// Stats counts what a Cluster turned away since it started.
type Stats struct {
	Refused   uint64 // announcements of members whose name, address, metadata or protocol is invalid, and invalid news
	Conflicts uint64 // announcements of a name that is held at another address
	Strangers uint64 // packets and streams of another label or key, of none, or that no member would send; refused
	Dropped   uint64 // packets too large, and streams beyond the limit on open ones
}

// Stats returns the counts so far. They stay readable after Close.
func (c *Cluster) Stats() Stats {
	s := c.table.counts()
	s.Dropped = c.transport.dropped.Load()
	return s
}
