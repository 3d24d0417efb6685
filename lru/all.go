package lru

import "iter"

// A place is where All finds an entry again, without keeping its value alive.
type place struct {
	hash uint64
	key  string
}

// All returns the entries, the hottest first: in order of how often they were
// used of late, as far as that is counted, and among equals those first that
// have stood the test of the main queue. To iterate is not to use.
//
// It notes the keys first, 24 bytes for each, shard by shard, and then looks
// each up when its turn comes. So the loop's body runs without any lock held and
// may call any method; no lock is held for longer than one shard takes to walk;
// no key comes twice; a key that is there all the while comes, with the value
// that it has then; one that was removed, evicted or expired before its turn
// does not come; and one that was added meanwhile may.
func (c *Cache) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		byHeat := c.placesByHeat()
		for heat := heats - 1; heat >= 0; heat-- {
			for _, p := range byHeat[heat] {
				_, e, ok := c.peek(p.hash, p.key)
				if ok && !yield(p.key, e) {
					return
				}
			}
			byHeat[heat] = nil // the keys of a finished class may go
		}
	}
}

func (c *Cache) placesByHeat() (byHeat [heats][]place) {
	now := c.now()
	for i := range c.index.shards {
		s := &c.index.shards[i]
		s.mu.RLock()
		for key, n := range s.nodes {
			if !n.expired(now) {
				heat := n.heat()
				byHeat[heat] = append(byHeat[heat], place{n.hash, key})
			}
		}
		s.mu.RUnlock()
	}
	return byHeat
}
