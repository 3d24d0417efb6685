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

// Usage is how much of a cache some of its entries take.
type Usage struct {
	Entries int
	Bytes   int64 // keys, values, and EntryOverhead for each
}

// Stats returns the figures of one moment, which agree with each other. They
// leave out what has expired.
func (c *Cache) Stats() Stats {
	c.lockReclaimed()
	defer c.mu.Unlock()
	return Stats{
		Owned: Usage{
			Entries: c.small.entries + c.main.entries + c.demoted.entries,
			Bytes:   c.small.bytes + c.main.bytes + c.demoted.bytes,
		},
		Hot:         Usage{Entries: c.hot.entries, Bytes: c.hot.bytes},
		Evictions:   c.evictions,
		Expirations: c.expirations,
	}
}

// Len returns the number of entries that have not expired.
func (c *Cache) Len() int {
	s := c.Stats()
	return s.Owned.Entries + s.Hot.Entries
}

// Bytes returns how much of the budget the entries take that have not expired.
func (c *Cache) Bytes() int64 {
	s := c.Stats()
	return s.Owned.Bytes + s.Hot.Bytes
}
