package node

import "time"

// Held is what one node's store has of a key.
type Held struct {
	From   Source        // SourceLocal, SourceHot or SourceStale
	Absent bool          // it is remembered that the origin does not have the key
	Bytes  int           // of the value
	TTL    time.Duration // what is left of its life; 0: no end
}

// Held tells what this node's own store has of a key, and whether it has anything. Nobody is asked and nothing is counted.
func (g *Group) Held(key string) (Held, bool) {
	a, ok := g.look(key)
	if !ok {
		return Held{}, false
	}
	return Held{From: Source(a.from.String()), Absent: a.absent, Bytes: len(a.Data), TTL: a.TTL}, true
}
