package lru

// Stats says how full a Cache is and what it had to give up.
type Stats struct {
	Owned Usage // entries of kind Owned
	Hot   Usage // entries of kind Hot

	// Evictions counts the live entries that had to go to make room for others,
	// since New. What was removed, replaced or purged is not among them.
	Evictions uint64

	// Expirations counts the entries that outlived their time to live, since New.
	Expirations uint64
}

// Usage is how much some entries of a cache take.
type Usage struct {
	Entries int
	Bytes   int64 // keys, values, headers, and EntryOverhead for each
}

func (u *Usage) add(record int) {
	u.Entries++
	u.Bytes += int64(record) + EntryOverhead
}

func (u *Usage) remove(record int) {
	u.Entries--
	u.Bytes -= int64(record) + EntryOverhead
}

func (u *Usage) join(other Usage) {
	u.Entries += other.Entries
	u.Bytes += other.Bytes
}

func (p *part) usageLocked(kind Kind) *Usage {
	if kind == Hot {
		return &p.hotUsage
	}
	return &p.owned
}

// Stats returns the figures of the moment. They leave out what has expired. What is
// called meanwhile may be counted in some of them only.
func (c *Cache) Stats() (s Stats) {
	for i := range c.parts {
		c.parts[i].addTo(&s)
	}
	return s
}

func (p *part) addTo(s *Stats) {
	p.lockSwept()
	defer p.mu.Unlock()
	s.Owned.join(p.owned)
	s.Hot.join(p.hotUsage)
	s.Evictions += p.evictions
	s.Expirations += p.expirations
}

// Len returns the number of entries that have not expired.
func (c *Cache) Len() int {
	s := c.Stats()
	return s.Owned.Entries + s.Hot.Entries
}

// Bytes returns how much of the budget is taken: by entries, by what was removed,
// replaced or expired and lies among them, by room for more, and by all that the
// cache keeps to find entries and to choose among them.
func (c *Cache) Bytes() int64 { return c.bytes() }
