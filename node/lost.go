package node

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

const (
	// lostFor is how long a member that went without a word is still told of writes.
	lostFor = 30 * time.Second

	// lostTimeout bounds the telling of one.
	lostTimeout = 500 * time.Millisecond

	// maxSilence is how many times in a row nobody hears of it in time before writers do not wait for it any more.
	maxSilence = 3

	// maxTelling is how many writes it is told of at once while nobody waits for that: a node that writes much must not have as
	// many goroutines as a dead member has been silent for.
	maxTelling = 64
)

// lostPeer is a member that went without a word. Mostly it is dead; but a member that was too busy to answer, or was cut off, counts
// as dead for a moment too, and serves its own callers meanwhile. So it is told of writes if it can be reached, and no writer
// hears of it if it cannot.
type lostPeer struct {
	*peer
	until   time.Time
	silence atomic.Int32 // how many times in a row it was not told in time
	telling atomic.Int32 // how many writes it is being told of while nobody waits
}

// lostLocked lists the members that old knew, or had lost, and that are not among the members any more.
func (n *Node) lostLocked(old *view, members map[string]*peer) []*lostPeer {
	var lost []*lostPeer
	for _, p := range old.others {
		if members[p.Name] == nil && !p.draining.Load() {
			again := &peer{p.Member, n.newLink(p.Member, p.boot)} // the other link is closed, for those who wait for a reply
			lost = append(lost, &lostPeer{peer: again, until: time.Now().Add(lostFor)})
		}
	}
	for _, p := range old.lost {
		if members[p.Name] == nil && time.Now().Before(p.until) {
			lost = append(lost, p)
		} else {
			p.client.Close()
		}
	}
	return lost
}

// lostLately are the members that went without a word lately.
func (v *view) lostLately() []*lostPeer {
	if len(v.lost) == 0 {
		return nil
	}
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(v.lost), func(p *lostPeer) bool { return now.After(p.until) })
}

// tellLost tells those of a write who may be alive against all appearances.
func (g *Group) tellLost(ctx context.Context, r transport.Request) {
	lost := g.node.view.Load().lostLately()
	inParallel(len(lost), func(i int) {
		p := lost[i]
		if p.silence.Load() < maxSilence {
			p.tell(ctx, g, r)
			return
		}
		p.tellLater(g, r)
	})
}

// tellLater tells it in the background, unless that many do already. It is silent, and doubts what it holds if it comes back.
func (p *lostPeer) tellLater(g *Group, r transport.Request) {
	told := func() {
		defer p.telling.Add(-1)
		p.tell(g.node.ctx, g, r)
	}
	if p.telling.Add(1) > maxTelling || !g.node.work.spawn(told) {
		p.telling.Add(-1)
	}
}

func (p *lostPeer) tell(ctx context.Context, g *Group, r transport.Request) {
	ctx, cancel := context.WithTimeout(ctx, lostTimeout)
	defer cancel()
	if _, err := g.tell(ctx, p.peer, r); errors.Is(err, context.DeadlineExceeded) {
		p.silence.Add(1)
	} else {
		p.silence.Store(0)
	}
}
