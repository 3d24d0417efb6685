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

func (c *Cache) usageLocked(kind Kind) *Usage {
	if kind == Hot {
		return &c.hotUsage
	}
	return &c.owned
}

// Stats returns the figures of one moment, which agree with each other. They
// leave out what has expired.
func (c *Cache) Stats() Stats {
	c.lockSwept()
	defer c.mu.Unlock()
	return Stats{Owned: c.owned, Hot: c.hotUsage, Evictions: c.evictions, Expirations: c.expirations}
}

// Len returns the number of entries that have not expired.
func (c *Cache) Len() int {
	s := c.Stats()
	return s.Owned.Entries + s.Hot.Entries
}

// Bytes returns how much of the budget is taken: by entries, by what was removed,
// replaced or expired and lies among them, by room for more, and by all that the
// cache keeps to find entries and to choose among them.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytesLocked()
}
