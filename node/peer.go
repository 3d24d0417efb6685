package node

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/p2pcache/p2pcache/transport"
)

// peer is another member and the connection to it. Peers outlive views: a new one is made when the member restarts or
// moves.
type peer struct {
	Member
	boot     uint64
	client   *transport.Client
	clock    *clock
	requests sync.Map // group name to *outcomes
}

// outcomes counts requests by the Code of their reply; the last one counts those without a reply.
type outcomes []atomic.Uint64

// do sends a request and counts how it ended. It fails at once when the peer is no longer a member.
func (p *peer) do(ctx context.Context, r transport.Request) (transport.Response, error) {
	resp, err := p.client.Do(ctx, r)
	switch {
	case err == nil:
		p.counts(r.Group)[resp.Code].Add(1)
		resp = p.clock.heardFrom(resp)
	case !errors.Is(err, context.Canceled):
		counts := p.counts(r.Group)
		counts[len(counts)-1].Add(1)
	}
	return resp, err
}

func (p *peer) counts(group string) outcomes {
	if c, ok := p.requests.Load(group); ok {
		return c.(outcomes)
	}
	c, _ := p.requests.LoadOrStore(group, make(outcomes, len(transport.Codes())+1))
	return c.(outcomes)
}

// stats lists the counts of a group that are not zero.
func (p *peer) stats(group string) []PeerRequests {
	var list []PeerRequests
	counts, ok := p.requests.Load(group)
	if !ok {
		return nil
	}
	codes := transport.Codes()
	for i := range counts.(outcomes) {
		n := counts.(outcomes)[i].Load()
		if n == 0 {
			continue
		}
		code := "no-reply"
		if i < len(codes) {
			code = codes[i].String()
		}
		list = append(list, PeerRequests{Peer: p.Name, Code: code, Count: n})
	}
	return list
}

// peerRequests lists what g's node asked of the peers that are members now.
func (n *Node) peerRequests(group string) []PeerRequests {
	var list []PeerRequests
	for _, p := range n.view.Load().others {
		list = append(list, p.stats(group)...)
	}
	return list
}
