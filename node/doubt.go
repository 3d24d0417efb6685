package node

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/transport"
)

// A process that stands still, as it was stopped or its machine starved it, is taken for dead and told of no writes, but goes on
// serving what it holds once it continues. So a node watches the clock. If that has jumped by as much as it takes to be taken for
// dead, the node doubts what it holds and what it comes to hold in the next seconds, until the others surely know it
// again: each entry is confirmed by a member that is in no doubt, before it is served. Members remember the writes that they
// were told of; one that knows of none that is newer than the entry vouches for it. So doubt costs requests, and loads only of
// what was written meanwhile. It ends at once where all members answer that they have known the node all the while: then it was told of
// all writes, or their writers know that it was not.
//
// A node that not all members know, as they do not answer it or know it by its last run, keeps nothing that it loads. Where that takes
// longer than to find a member dead, it keeps what it gets, and doubts it.

const (
	// standstillDoubt is how long a node that stood still goes on doubting what comes: by then it has met the others again.
	standstillDoubt = newFor

	// unsettledDoubt is the same for a node from when all know it.
	unsettledDoubt = time.Second

	// unsettledTimes times what it takes to be taken for dead is how long a node that not all know keeps nothing. Mostly all know it
	// before Join returns, or once they have found its last run dead.
	unsettledTimes = 3

	// watchPause is how often a node looks at its clock and at its standing, if not more often.
	watchPause = 100 * time.Millisecond
)

// doubt says from which version on a node believes what it holds.
type doubt struct {
	until atomic.Uint64 // the version; what is older is confirmed first
	seen  atomic.Int64  // when the clock was seen last, in ns since 1970; 0: it is not watched
	still atomic.Int64  // how far the clock may jump, in ns

	// The standing that this node was seen to have among the others, told from others by Standing.Times.
	known   atomic.Uint64 // the version from which on it was told of writes, as all knew it; 0: it was always alone
	settled atomic.Uint64 // the standing that known is of
	partly  atomic.Uint64 // the standing in which not all know it, and it doubts what it keeps

	stop atomic.Pointer[standstill] // the last one, until the others have told whether they noticed; nil: none
}

// standstill is a time in which a process stood still.
type standstill struct {
	from   time.Time
	before uint64 // what was doubted before it
	until  uint64 // and since
	ended  time.Time
}

// watchClock looks at the clock and at the standing all the time.
func (n *Node) watchClock() {
	still := n.cluster.Patience()
	n.doubt.still.Store(int64(still))
	n.doubt.seen.Store(time.Now().UnixNano())
	n.work.spawn(func() {
		tick := time.NewTicker(min(still/4, watchPause))
		defer tick.Stop()
		var since time.Time // it was seen that not all know this node; zero: they do
		for {
			select {
			case <-n.ctx.Done():
				return
			case <-tick.C:
			}
			since = n.seeStanding(since)
			n.seeClock(time.Now())
			n.doubt.seen.Store(time.Now().UnixNano())
		}
	})
}

// seeStanding looks whether all members know this node, which not all do since a moment, and returns since when they do not.
func (n *Node) seeStanding(since time.Time) time.Time {
	d, s := &n.doubt, n.cluster.Standing()
	switch {
	case s.Settled:
		return time.Time{}
	case since.IsZero():
		return time.Now()
	case s.Known && time.Since(since) > unsettledTimes*n.cluster.Patience():
		n.doubtFor(unsettledDoubt) // first: what is kept from now on is doubted
		d.partly.Store(s.Times)
	}
	return since
}

// settled notes that from now on all members tell this node of writes, or that they always did.
func (n *Node) settled(s membership.Standing) {
	if n.noticed(s.Since) {
		n.doubt.known.Store(n.clock.next())
	}
	n.doubt.settled.Store(s.Times)
}

// isUnknown reports whether members that this node knows may not know it, so that it keeps nothing.
func (n *Node) isUnknown() bool {
	if n.cluster == nil {
		return false
	}
	s := n.cluster.Standing()
	return !s.Settled && n.doubt.partly.Load() != s.Times
}

// isSettled reports whether all members know this node, and have told it of writes since doubt.known.
func (n *Node) isSettled() bool {
	if n.cluster == nil {
		return true
	}
	s := n.cluster.Standing()
	return s.Settled && n.doubt.settled.Load() == s.Times
}

// seeClock begins to doubt where the clock has jumped before a time. It is called before any request is served, with a time after it
// came, as one may be at hand in the moment in which a process continues.
func (n *Node) seeClock(at time.Time) {
	seen := n.doubt.seen.Load()
	if seen == 0 {
		return
	}
	if jumped := at.UnixNano() - seen; jumped > n.doubt.still.Load() && n.doubt.seen.CompareAndSwap(seen, seen+jumped) {
		n.stoodStill(time.Unix(0, seen))
		n.log.Warn().Dur("for_ms", time.Duration(jumped)).Msg("stood still: what is held is confirmed by others before it is served")
	}
}

// stoodStill makes the node doubt what it holds, and ask the others whether they noticed.
func (n *Node) stoodStill(from time.Time) {
	settled := n.isSettled()
	s := &standstill{from: from, before: n.doubt.until.Load(), ended: time.Now()}
	s.until = n.doubtFor(standstillDoubt)
	if !settled {
		return
	}
	if last := n.doubt.stop.Load(); last != nil {
		s.from, s.before = last.from, last.before
	}
	n.doubt.stop.Store(s)
	n.doubt.partly.Store(n.cluster.Ask())
}

// noticed ends the doubt after a standstill that no other member noticed. It reports whether nobody did.
func (n *Node) noticed(since time.Time) bool {
	s := n.doubt.stop.Swap(nil)
	if s == nil || since.IsZero() || since.After(s.from) {
		return true
	}
	return !n.doubt.until.CompareAndSwap(s.until, s.before)
}

// awaitAnswers waits for the others to tell whether they noticed a standstill, for a moment after it.
func (n *Node) awaitAnswers(ctx context.Context) {
	s := n.doubt.stop.Load()
	if s == nil {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, s.ended.Add(peekTimeout))
	defer cancel()
	select {
	case <-n.cluster.Settled():
	case <-ctx.Done():
	}
}

// doubtFor makes the node doubt all that it holds, and what it comes to hold for a while. It returns the version until which it does.
func (n *Node) doubtFor(d time.Duration) uint64 {
	until := n.clock.next() + uint64(d)
	for old := n.doubt.until.Load(); until > old; old = n.doubt.until.Load() {
		if n.doubt.until.CompareAndSwap(old, until) {
			return until
		}
	}
	return n.doubt.until.Load()
}

// outOfTouch reports whether writes may not reach this node now.
func (n *Node) outOfTouch() bool {
	until := n.doubt.until.Load()
	return until > 0 && uint64(time.Now().UnixNano()) < until || n.isUnknown()
}

// doubts reports whether an entry is to be confirmed before it is served.
func (g *Group) doubts(key string, version uint64) bool {
	return version < g.node.doubt.until.Load() && g.unconfirmed(key, version)
}

func (g *Group) unconfirmed(key string, version uint64) bool {
	return !g.flights.confirmed(g.space.Hash(key), version, g.node.doubt.until.Load())
}

// confirm answers with an entry that this node holds and doubts, if another member vouches for it.
func (g *Group) confirm(ctx context.Context, hash uint64, key string) (a answer, ok bool) {
	e, ok := g.store.Get(key)
	if !ok || e.Kind == lru.Hot || !g.doubts(key, e.Version) {
		return answer{}, false
	}
	if g.answerFrom(&e, &a); a.from == fromStale || !g.sure(ctx, hash, key, e.Version) {
		return answer{}, false
	}
	return a, true
}

// sure reports whether what this node holds of a key is in no doubt, or another member vouches for it. What is not may neither be
// served nor given to others, who would not doubt it.
func (g *Group) sure(ctx context.Context, hash uint64, key string, version uint64) bool {
	if !g.doubts(key, version) {
		return true
	}
	g.node.awaitAnswers(ctx)
	until := g.node.doubt.until.Load()
	switch {
	case version >= until: // no more
		return true
	case !g.vouched(ctx, hash, key, version):
		return false
	case !g.node.outOfTouch():
		g.flights.noteConfirmed(hash, version, until)
	}
	return true
}

// vouched reports whether another member knows that a key was not written since a version. Whoever owns the key next is asked
// first: it is told of writes first.
func (g *Group) vouched(ctx context.Context, hash uint64, key string, version uint64) bool {
	ctx, cancel := context.WithTimeout(ctx, peekTimeout)
	defer cancel()
	v := g.node.view.Load()
	if len(v.others) == 0 && !g.node.isUnknown() {
		return len(v.lost) == 0 // nobody else writes
	}
	for _, p := range v.holders(hash, maxPrevious+1) {
		if p == nil {
			continue
		}
		resp, err := p.ask(ctx, transport.Request{
			Op: transport.Get, Group: g.name, Key: key, Peer: true, CachedOnly: true, MaxReply: g.cfg.MaxValueBytes,
		})
		switch {
		case err != nil || resp.Version == 0:
		case resp.Code == transport.OK && resp.Version == version:
			return true
		case resp.Code == transport.OK && resp.Version > version:
			return false // it holds something newer, which is asked for by whoever wants it
		case resp.Code == transport.NotCached && resp.Version <= version:
			return true
		}
	}
	return false
}

// vouches is the version from which on this node can tell that it knows of no write of the keys with hash; 0: it cannot tell.
func (g *Group) vouches(hash uint64) uint64 {
	n := g.node
	if n.outOfTouch() || !n.isSettled() {
		return 0
	}
	return max(g.flights.complete(hash), n.doubt.until.Load(), n.doubt.known.Load())
}

// maxConfirmed bounds the entries that are remembered to be confirmed in each flight shard. Others are confirmed again.
const maxConfirmed = 4096

// confirmed are the versions of entries of old that are in no doubt any more. The shard's lock guards them.
type confirmed struct {
	until    uint64            // of the doubt that they were confirmed in
	versions map[uint64]uint64 // by hash
}

// confirmed reports whether the entry of a key is in no doubt any more.
func (fs *flights) confirmed(hash, version, until uint64) bool {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.confirmed.until == until && s.confirmed.versions[hash] == version
}

func (fs *flights) noteConfirmed(hash, version, until uint64) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.confirmed.until != until || len(s.confirmed.versions) >= maxConfirmed {
		s.confirmed = confirmed{until, make(map[uint64]uint64)}
	}
	s.confirmed.versions[hash] = version
}
