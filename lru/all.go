package lru

import "iter"

// heats is the number of values that heat may have.
const heats = 2 * (maxUses + 1)

// All returns the entries, the hottest first: in order of how often they were
// used of late, as far as that is counted, and among equals those first that
// have stood the test of the main queue. To iterate is not to use.
//
// It notes the hashes of keys first, 8 bytes for each, shard by shard, and then
// looks each up when its turn comes. So the loop's body runs without any lock held
// and may call any method; no lock is held for longer than one shard takes to
// walk; no key comes twice; a key that is there all the while comes, with the value
// that it has then; one that was removed, evicted or expired before its turn
// does not come; and one that was added meanwhile may.
func (c *Cache) All() iter.Seq2[string, Entry] {
	return func(yield func(string, Entry) bool) {
		byHeat := c.hashesByHeat()
		for heat := heats - 1; heat >= 0; heat-- {
			for _, hash := range byHeat[heat] {
				r, ok := c.index.findHash(hash)
				if !ok {
					continue
				}
				var e Entry
				if c.fill(&e, r) && !yield(string(r.keyBytes()), e) {
					return
				}
			}
			byHeat[heat] = nil // those of a finished class may go
		}
	}
}

func (c *Cache) hashesByHeat() (byHeat [heats][]uint64) {
	for i := range c.index.shards {
		c.part(uint64(i)).addHashes(&byHeat, &c.index.shards[i])
	}
	return byHeat
}

func (p *part) addHashes(byHeat *[heats][]uint64, s *shard) {
	p.mu.Lock()
	defer p.mu.Unlock()
	index := &p.cache.index
	for word := range s.table.Load().words() {
		s := slot(word.Load())
		r := index.record(s)
		heat := p.heatLocked(s, r.chunk)
		byHeat[heat] = append(byHeat[heat], index.hashBytes(r.keyBytes()))
	}
}

// heatLocked is higher the better a record is used, and among equals for those that
// have reached the main queue. It is less than heats, and 0 for one that was
// demoted.
func (p *part) heatLocked(s slot, ch *chunk) int {
	switch ch.log {
	case &p.logs[demoted]:
		return 0
	case &p.logs[main]:
		return int(s.uses())<<1 | 1
	}
	return int(s.uses()) << 1
}
