package node

import (
	"context"
	"time"
)

// A process that stands still, as it was stopped or its machine starved it, is taken for dead and told of no writes, but goes on
// serving what it holds once it continues. So a node watches the clock. If that has jumped by as much as it takes to be taken for
// dead, the node doubts what it holds and what it comes to hold in the next seconds, until the others surely know it
// again. Members remember the writes that they were told of; one that knows of none that is newer than an entry vouches for it. So
// doubt costs requests, and loads only of what was written meanwhile. It ends at once where all members answer that they have known
// the node all the while: then it was told of all writes, or their writers know that it was not.

const (
	// standstillDoubt is how long a node that stood still goes on doubting what comes: by then it has met the others again.
	standstillDoubt = newFor

	// watchPause is how often a node looks at its clock and at its standing, if not more often.
	watchPause = 100 * time.Millisecond
)

// standstill is a time in which a process stood still.
type standstill struct {
	from   time.Time
	ended  time.Time
	before uint64    // what was doubted before it
	ends   time.Time // and until when
	begun  int       // doubt.begun since
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
		var doubts clearing
		for {
			select {
			case <-n.ctx.Done():
				return
			case <-tick.C:
			}
			since = n.seeStanding(since)
			n.noteClock(time.Now())
			n.clearWhenDue(&doubts, time.Now()) // which ends the doubt in time
		}
	})
}

// seeClock begins to doubt where the clock has jumped before a time. It is called before anything is served to others, with a time
// after they asked, as a request may be at hand in the moment in which a process continues; and before anything is got that is not at
// hand. What is at hand is served to this process itself without a look at the clock, which takes longer: there it is noteClock
// that begins to doubt, in the moment in which the process continues or hardly later.
func (n *Node) seeClock(at time.Time) {
	if n.doubt.jumped(at) > 0 {
		n.noteClock(at)
	}
}

// jumped is how long the process stood still before a time; 0: it did not.
func (d *doubt) jumped(at time.Time) time.Duration {
	seen := d.seen.Load()
	if jumped := at.UnixNano() - seen; seen != 0 && jumped > d.still.Load() {
		return time.Duration(jumped)
	}
	return 0
}

// noteClock notes that the clock was seen at a time. That comes last: whoever finds the clock seen finds what is held in doubt.
func (n *Node) noteClock(at time.Time) {
	n.doubt.mu.Lock()
	jumped := n.noteClockLocked(at)
	n.doubt.mu.Unlock()
	if jumped > 0 {
		n.log.Warn().Dur("for_ms", jumped).Msg("stood still: what is held is confirmed by others before it is served")
	}
}

func (n *Node) noteClockLocked(at time.Time) (jumped time.Duration) {
	if jumped = n.doubt.jumped(at); jumped > 0 {
		n.stoodStillLocked(time.Unix(0, n.doubt.seen.Load()))
	}
	n.doubt.seen.Store(at.UnixNano())
	return jumped
}

// stoodStillLocked makes the node doubt what it holds, and ask the others whether they noticed.
func (n *Node) stoodStillLocked(from time.Time) {
	d, settled := &n.doubt, n.isSettled()
	s := &standstill{from: from, ended: time.Now(), before: d.until.Load(), ends: d.ends}
	d.beginLocked(standstillDoubt)
	s.begun = d.begun
	if !settled {
		return
	}
	if last := d.stop.Load(); last != nil {
		s.from, s.before, s.ends = last.from, last.before, last.ends
	}
	d.stop.Store(s)
	d.partly.Store(n.cluster.Ask())
}

// noticed ends the doubt after a standstill if all members know this node since a time before it, so that none noticed. It returns false
// then, and true where one may have, or there was no standstill.
func (n *Node) noticed(since time.Time) bool {
	d := &n.doubt
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.stop.Swap(nil)
	if s == nil || since.IsZero() || since.After(s.from) || d.begun != s.begun {
		return true
	}
	d.until.Store(s.before)
	d.ends = s.ends
	return false
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
