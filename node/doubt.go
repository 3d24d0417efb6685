package node

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

// A node that writes may have passed by doubts what it holds, and while they still may, what it comes to hold: each entry is confirmed
// by a member that is in no doubt, before it is served or handed over. That is so after a standstill, when it was cut off, and when it
// keeps what it gets though not all know it.
//
// A node that not all members know, as they do not answer it or know it by its last run, keeps nothing that it loads. Where that takes
// longer than to find a member dead, it keeps what it gets, and doubts it.

const (
	// unsettledDoubt is how long a node goes on doubting what comes from when all know it.
	unsettledDoubt = time.Second

	// unsettledTimes times what it takes to be taken for dead is how long a node that not all know keeps nothing. Mostly all know it
	// before Join returns, or once they have found its last run dead.
	unsettledTimes = 3
)

// endless is doubt.until while writes may pass this node by.
const endless = math.MaxUint64

// doubt says from which version on a node believes what it holds.
type doubt struct {
	until   atomic.Uint64 // the version; what is older is confirmed first. It changes while mu is held
	cleared atomic.Uint64 // the version of the last doubt that was forgotten: older writes may have passed this node by
	seen    atomic.Int64  // when the clock was seen last, in ns since 1970; 0: it is not watched
	still   atomic.Int64  // how far the clock may jump, in ns

	// The standing that this node was seen to have among the others, told from others by Standing.Times.
	known   atomic.Uint64 // the version from which on it was told of writes, as all knew it; 0: it was always alone
	settled atomic.Uint64 // the standing that known is of
	partly  atomic.Uint64 // the standing in which not all know it, and it doubts what it keeps

	stop atomic.Pointer[standstill] // the last one, until the others have told whether they noticed; nil: none

	mu    sync.Mutex // guards following
	ends  time.Time  // when until is endless no more. Versions do not tell: they may be of a clock that is ahead
	begun int        // how often doubt began, or went on
}

// doubtFor makes the node doubt all that it holds, and what it comes to hold for a while.
func (n *Node) doubtFor(d time.Duration) {
	n.doubt.mu.Lock()
	defer n.doubt.mu.Unlock()
	n.doubt.beginLocked(d)
}

func (d *doubt) beginLocked(lasts time.Duration) {
	d.begun++
	d.until.Store(endless)
	if ends := time.Now().Add(lasts); ends.After(d.ends) {
		d.ends = ends
	}
}

// believedFrom is the version from which on this node believes what it holds.
func (n *Node) believedFrom() uint64 {
	d := &n.doubt
	if until := d.until.Load(); until != endless {
		return until
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.until.Load() == endless && !time.Now().Before(d.ends) {
		d.until.Store(n.clock.next())
	}
	return d.until.Load()
}

// outOfTouch reports whether writes may not reach this node now.
func (n *Node) outOfTouch() bool { return n.believedFrom() == endless || n.isUnknown() }

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
