package node

import "time"

const (
	// floorFor is how long it is remembered that a key was written. What was sent before and takes longer to arrive is
	// taken for new: a hand-over, a copy to a replica, the answer of a previous owner.
	floorFor = 2 * warmFor

	// maxFloors bounds the keys that are remembered in each flight shard, and so the memory: 8 MiB or so for a group.
	maxFloors = 4096
)

// floors say from which version on something may be believed of a key: that of its last write. The shard's lock guards them.
type floors struct {
	all   uint64            // of every key: that of the last Purge
	lost  uint64            // there may have been higher ones up to this, which are forgotten
	byKey map[uint64]uint64 // by hash; keys that share one share a floor, which costs a load at most
}

// of returns the floor of the keys with hash.
func (f *floors) of(hash uint64) uint64 { return max(f.all, f.byKey[hash]) }

// raise notes a write.
func (f *floors) raise(hash, version uint64) {
	if f.byKey == nil {
		f.byKey = make(map[uint64]uint64)
	}
	if len(f.byKey) >= maxFloors {
		f.prune()
	}
	f.byKey[hash] = max(f.byKey[hash], version)
}

// prune forgets old floors, or, where so many are new, every other one.
func (f *floors) prune() {
	old := uint64(time.Now().Add(-floorFor).UnixNano())
	for hash, version := range f.byKey {
		if version < old {
			f.forget(hash)
		}
	}
	if len(f.byKey) < maxFloors {
		return
	}
	odd := false
	for hash := range f.byKey {
		if odd = !odd; odd {
			f.forget(hash)
		}
	}
}

func (f *floors) forget(hash uint64) {
	f.lost = max(f.lost, f.byKey[hash])
	delete(f.byKey, hash)
}
