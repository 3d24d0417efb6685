package lru

const (
	// reclaimSteps is how many steps of the wheel a Set makes at a time. A node
	// takes one or two before it is reclaimed, so that Sets more than keep up
	// with what Sets have stored.
	reclaimSteps = 4

	// reclaimBatch is how many steps the methods that count make before they let
	// others at the lock.
	reclaimBatch = 256
)

// reclaimLocked drops nodes that have expired. It makes the given number of
// steps, and reports whether there is more to do.
func (c *Cache) reclaimLocked(now int64, steps int) (more bool) {
	for range steps {
		n, more := c.expiry.step(now)
		if !more {
			return false
		}
		if n != nil {
			c.expireLocked(n, now)
		}
	}
	return true
}

// expireLocked drops n, which has expired. A node of the main queue leaves its
// hash as a ghost, because a key that is loaded anew when it expires is no new
// key.
func (c *Cache) expireLocked(n *node, now int64) {
	if n.main() {
		c.ghosts.add(n.hash, c.small.entries+c.main.entries)
	}
	c.dropLocked(n, now)
}

// lockReclaimed locks c.mu when nothing that has expired is left. The caller
// unlocks it.
func (c *Cache) lockReclaimed() {
	c.mu.Lock()
	for c.reclaimLocked(c.now(), reclaimBatch) {
		c.mu.Unlock() // a moment for the writers who wait
		c.mu.Lock()
	}
}
