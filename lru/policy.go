package lru

const (
	// smallShare is the share of the budget above which the small queue is
	// evicted from rather than the main queue: S3-FIFO's tenth.
	smallShare = 1.0 / 10

	// maxChances is how many used nodes one eviction may pass over. Without this
	// bound, a store into a cache whose entries are all used would walk over
	// every one of them with the lock held.
	maxChances = 128
)

func (c *Cache) bytesLocked() int64 {
	return c.small.bytes + c.main.bytes + c.hot.bytes + c.demoted.bytes
}

// makeRoomLocked removes nodes until n can be added: those that have expired,
// then others.
func (c *Cache) makeRoomLocked(n *node, now int64) {
	more := c.reclaimLocked(now, reclaimSteps)
	for c.hotOverLocked(n) || c.bytesLocked()+n.cost() > c.maxBytes {
		if more {
			more = c.reclaimLocked(now, reclaimSteps)
		} else {
			c.evictLocked(n, now)
		}
	}
}

// hotOverLocked reports whether n is hot and would exceed the hot share.
func (c *Cache) hotOverLocked(n *node) bool {
	return n.kind == Hot && c.hot.bytes+n.cost() > c.hotBytes
}

// evictLocked removes one live node for the sake of n.
func (c *Cache) evictLocked(n *node, now int64) {
	q := c.crowdedLocked(n)
	for range maxChances {
		if q == &c.demoted || q.back().uses() == 0 {
			break
		}
		c.spareLocked(q)
		q = c.crowdedLocked(n)
	}
	victim := q.back()
	if q == &c.small {
		c.ghosts.add(victim.hash, c.small.entries+c.main.entries)
	}
	c.dropLocked(victim, now)
	c.evictions++
}

// crowdedLocked returns the queue to evict from for the sake of n. It is not
// empty, because n alone fits.
func (c *Cache) crowdedLocked(n *node) *queue {
	switch {
	case c.hotOverLocked(n):
		return &c.hot
	case c.demoted.entries > 0:
		return &c.demoted
	case c.main.entries == 0 && c.small.entries == 0:
		return &c.hot
	case c.main.entries == 0 || c.small.bytes > c.smallBytes:
		return &c.small
	}
	return &c.main
}

// spareLocked gives the oldest node of q, which was used, another round.
func (c *Cache) spareLocked(q *queue) {
	n := q.back()
	q.remove(n)
	if q == &c.small {
		n.state.Store(inMain)
		q = &c.main
	} else {
		n.state.Add(^uint32(0)) // one use less
	}
	q.pushFront(n)
}

// linkLocked adds n, which takes the place of old unless that is nil, to its
// queue and to the order of expiry. What old has earned, n keeps.
func (c *Cache) linkLocked(n, old *node) {
	var state uint32
	if old != nil {
		state = old.state.Load() &^ inDemoted
	}
	switch {
	case n.kind == Hot:
		state &^= inMain
	case c.ghosts.take(n.hash):
		state |= inMain
	}
	n.state.Store(state)
	c.queueLocked(n).pushFront(n)
	if n.expire != 0 {
		c.expiry.add(n)
	}
}

// queueLocked returns the queue that n is in, or belongs to.
func (c *Cache) queueLocked(n *node) *queue {
	switch {
	case n.kind == Hot:
		return &c.hot
	case n.isDemoted():
		return &c.demoted
	case n.main():
		return &c.main
	}
	return &c.small
}

// unlinkLocked undoes linkLocked. Whatever the reason, a node that goes after its
// time counts as expired.
func (c *Cache) unlinkLocked(n *node, now int64) {
	c.queueLocked(n).remove(n)
	c.expiry.remove(n)
	if n.expired(now) {
		c.expirations++
	}
}

// dropLocked removes n from the cache.
func (c *Cache) dropLocked(n *node, now int64) {
	c.unlinkLocked(n, now)
	c.index.remove(n)
}
