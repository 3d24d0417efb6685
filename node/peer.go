package node

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// peer is another member as a view knows it.
type peer struct {
	Member
	*link
}

// link is the connection to a member, from the member's start to its end, and what was learned of it meanwhile. Links outlive
// views.
type link struct {
	node     *Node
	name     string
	boot     uint64
	since    time.Time // it came into the view
	client   *transport.Client
	breaker  breaker
	tail     tail
	requests sync.Map // group name to *outcomes
}

// outcomes counts requests by the Code of their reply; the last one counts those without a reply.
type outcomes []atomic.Uint64

// errNotAsked is the answer of a peer that did not answer lately.
var errNotAsked = errors.New("not asked, as it did not answer lately")

// probeTimeout bounds a probe.
const probeTimeout = time.Second

// ask sends a request unless the peer did not answer lately: another member should be asked then.
func (l *link) ask(ctx context.Context, r transport.Request) (transport.Response, error) {
	ok, probe := l.breaker.admits()
	if ok {
		return l.do(ctx, r)
	}
	if len(r.Keys) > 0 {
		r.Key = r.Keys[0]
	}
	if probe && !l.node.work.spawn(func() { l.probe(r.Group, r.Key) }) {
		return transport.Response{}, ErrClosed
	}
	return transport.Response{}, errNotAsked
}

// probe finds out whether the peer answers again.
func (l *link) probe(group, key string) {
	ctx, cancel := context.WithTimeout(l.node.ctx, probeTimeout)
	defer cancel()
	_, err := l.do(ctx, transport.Request{Op: transport.Get, Group: group, Key: key, Peer: true, CachedOnly: true})
	if err != nil {
		l.breaker.probed(!l.node.suspectsItself())
	}
}

// do sends a request and notes how it ended. It fails at once when the peer is no longer a member.
func (l *link) do(ctx context.Context, r transport.Request) (transport.Response, error) {
	started := time.Now()
	resp, err := l.client.Do(ctx, r)
	if err == nil {
		l.counts(r.Group)[resp.Code].Add(1)
		if l.breaker.succeeded() {
			l.node.peerAnswers(l.name)
		}
		return l.node.clock.heardFrom(resp), nil
	}
	if errors.Is(err, context.Canceled) {
		return resp, err
	}
	counts := l.counts(r.Group)
	counts[len(counts)-1].Add(1)
	if took := time.Since(started); blames(err, r, took) && l.breaker.failed(took) {
		l.node.peerFails(l.name, err)
	}
	return resp, err
}

// blames reports whether the peer is to blame for an error. For a deadline that has passed, its origin may be, unless it was
// asked for what it holds.
func blames(err error, r transport.Request, took time.Duration) bool {
	switch {
	case errors.Is(err, transport.ErrClosed):
		return false
	case errors.Is(err, context.DeadlineExceeded):
		return r.CachedOnly && took >= slowFailure
	}
	return true
}

func (l *link) counts(group string) outcomes {
	if c, ok := l.requests.Load(group); ok {
		return c.(outcomes)
	}
	c, _ := l.requests.LoadOrStore(group, make(outcomes, len(transport.Codes())+1))
	return c.(outcomes)
}

// stats lists the counts of a group that are not zero.
func (l *link) stats(group string) []PeerRequests {
	var list []PeerRequests
	counts, ok := l.requests.Load(group)
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
		list = append(list, PeerRequests{Peer: l.name, Code: code, Count: n})
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
