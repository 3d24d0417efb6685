package node

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
)

const (
	// peeksInVain is how many loads in a row may ask previous owners in vain before most go to the origin at once, and
	// peekEvery one of how many then still asks.
	peeksInVain = 64
	peekEvery   = 16
)

// peeks tells whether it pays to ask previous owners: not where the keys that are asked for were never held.
type peeks struct{ vain atomic.Int64 }

func (p *peeks) pay() bool { return p.vain.Load() < peeksInVain || rand.N(peekEvery) == 0 }

func (p *peeks) note(found bool) {
	switch {
	case !found:
		p.vain.Add(1)
	case p.vain.Load() != 0:
		p.vain.Store(0)
	}
}

// reset is for a new ring.
func (p *peeks) reset() { p.vain.Store(0) }

// holdersElsewhere are the peers that are likely to hold the keys with hash where this node is asked for them and does not:
// their owner, if that is not this node, as a peer whose ring is ahead may ask it; else previousOwners.
func (g *Group) holdersElsewhere(v *view, hash uint64) []*peer {
	if i := v.ring.Owner(hash); i >= 0 && i != v.self {
		return []*peer{v.owners[i]}
	}
	return g.previousOwners(v, hash)
}

// previousOwners are the view's, as long as it pays to ask them.
func (g *Group) previousOwners(v *view, hash uint64) []*peer {
	if !g.peeks.pay() {
		return nil
	}
	return v.previousOwners(hash)
}

// peekAt asks peers, one after the other, for what they hold of a key.
func (g *Group) peekAt(ctx context.Context, hash uint64, key string, holders []*peer) (answer, bool) {
	ctx, cancel := context.WithTimeout(ctx, peekTimeout)
	defer cancel()
	for _, p := range holders {
		if a, ok := g.peek(ctx, hash, key, p); ok {
			g.peeks.note(true)
			return a, true
		}
	}
	if len(holders) > 0 {
		g.peeks.note(false)
	}
	return answer{}, false
}
