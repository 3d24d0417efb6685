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
	node        *Node
	name        string
	boot        uint64
	since       time.Time // it came into the view
	away        absence   // guarded by the topology's mu; it was away without a word, as the same process; zero: it was not
	client      *transport.Client
	breaker     breaker
	suspected   atomic.Bool // of being stopped, and checked: see suspect
	stalls      atomic.Bool // copies of what it owns are asked for first: see stall
	draining    atomic.Bool // it has said that it is about to leave
	tail        tail
	corrections atomic.Int32 // keys that it is told of as it is out of date
	requests    sync.Map     // group name to *groupOutcomes
	recent      atomic.Pointer[groupOutcomes]
}

// outcomes counts requests by the Code of their reply; the last one counts those without a reply.
type outcomes []atomic.Uint64

// groupOutcomes are a group's.
type groupOutcomes struct {
	group    string
	outcomes outcomes
}

// errNotAsked is the answer of a peer that did not answer lately.
var errNotAsked = errors.New("not asked, as it did not answer lately")

// Bounds of a probe of a peer that did not answer, and of the check of one that may: where others have copies of what it owns, it is
// done without sooner.
const (
	probeTimeout = time.Second
	checkTimeout = 500 * time.Millisecond
	stallTimeout = 200 * time.Millisecond
)

// ask sends a request unless the peer did not answer lately: another member should be asked then.
func (l *link) ask(ctx context.Context, r *transport.Request) (transport.Response, error) {
	ok, probe := l.breaker.admits()
	if ok && r.CachedOnly && l.suspected.Load() {
		return transport.Response{}, errNotAsked
	}
	if ok {
		return l.do(ctx, r)
	}
	key := r.Key
	if len(r.Keys) > 0 {
		key = r.Keys[0]
	}
	return transport.Response{}, l.notAsked(probe, r.Group, key)
}

// notAsked is why the peer is not asked. It may be probed meanwhile. (A closure over a whole request would have each one allocated.)
func (l *link) notAsked(probe bool, group, key string) error {
	if probe && !l.node.work.spawn(func() { l.probe(group, key) }) {
		return ErrClosed
	}
	return errNotAsked
}

// probe finds out whether the peer answers again.
func (l *link) probe(group, key string) {
	if l.check(group, key, probeTimeout) != nil {
		l.breaker.probed(!l.node.suspectsItself())
	}
}

// check asks for what the peer holds of a key, to see whether it answers.
func (l *link) check(group, key string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(l.node.ctx, timeout)
	defer cancel()
	_, err := l.do(ctx, &transport.Request{Op: transport.Get, Group: group, Key: key, Peer: true, CachedOnly: true})
	return err
}

// do sends a request and notes how it ended. It fails at once when the peer is no longer a member.
func (l *link) do(ctx context.Context, r *transport.Request) (transport.Response, error) {
	at := r.At
	if at.IsZero() {
		at = time.Now()
	}
	replies := l.breaker.replies.Load()
	resp, err := l.client.Do(ctx, *r)
	if err == nil {
		l.counts(r.Group)[resp.Code].Add(1)
		if l.breaker.succeeded() {
			l.node.peerAnswers(l.name)
		}
		l.node.clock.heardFrom(&resp)
		return resp, nil
	}
	if errors.Is(err, context.Canceled) {
		return resp, err
	}
	counts := l.counts(r.Group)
	counts[len(counts)-1].Add(1)
	took := time.Since(at)
	switch {
	case errors.Is(err, transport.ErrClosed):
	case !errors.Is(err, context.DeadlineExceeded):
		l.fails(took, err)
	case r.CachedOnly && took >= slowFailure && replies == l.breaker.replies.Load(): // else its origin may be slow, or it is busy
		l.suspect(r.Group, r.Key)
	}
	return resp, err
}

// fails notes a request that is the peer's failure.
func (l *link) fails(took time.Duration, err error) {
	if l.breaker.failed(took) {
		l.node.peerFails(l.name, err)
	}
}

// suspect finds out whether a peer that gave no reply for a while, not even from its store alone, is only slow. To be slow is no
// failure: while a busy peer is not asked, its keys are loaded anew.
func (l *link) suspect(group, key string) {
	l.verify(&l.suspected, group, key, checkTimeout, l.node.giveBack)
}

// stall finds out the same of a peer when another one has answered in its place.
func (l *link) stall(group, key string) {
	l.verify(&l.stalls, group, key, stallTimeout, func() {})
}

// verify asks the peer in the background whether it answers, unless that goes on already. The flag is set meanwhile.
func (l *link) verify(going *atomic.Bool, group, key string, timeout time.Duration, answers func()) {
	if l.breaker.open.Load() || !going.CompareAndSwap(false, true) {
		return
	}
	check := func() {
		defer going.Store(false)
		switch err := l.check(group, key, timeout); {
		case errors.Is(err, context.DeadlineExceeded):
			l.fails(timeout, err)
		case err == nil:
			answers()
		}
	}
	if !l.node.work.spawn(check) {
		going.Store(false)
	}
}

func (l *link) counts(group string) outcomes {
	if c := l.recent.Load(); c != nil && c.group == group {
		return c.outcomes
	}
	c, ok := l.requests.Load(group)
	if !ok {
		c, _ = l.requests.LoadOrStore(group, &groupOutcomes{group, make(outcomes, len(transport.Codes())+1)})
	}
	l.recent.Store(c.(*groupOutcomes))
	return c.(*groupOutcomes).outcomes
}

// stats lists the counts of a group that are not zero.
func (l *link) stats(group string) []PeerRequests {
	var list []PeerRequests
	counts, ok := l.requests.Load(group)
	if !ok {
		return nil
	}
	codes := transport.Codes()
	for i := range counts.(*groupOutcomes).outcomes {
		n := counts.(*groupOutcomes).outcomes[i].Load()
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
