package membership

import (
	"time"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

// maxWitnesses is how many others must know a member for it to count as known to all. In a larger cluster they are picked at random:
// the rest hear of it as soon as they do.
const maxWitnesses = 64

// standing is whether the others know this member. It begins anew when this member meets the first others, or when it hears of
// another one of its name, mostly its own last run. table.mu guards it.
type standing struct {
	times     uint64             // it began anew
	opened    time.Time          // when it did so last
	settled   chan struct{}      // closed once all know this member
	heard     bool               // one of them does
	witnesses map[string]witness // who is asked, by name
}

// witness is another member that is asked.
type witness struct {
	boot  uint64    // of one that said that it knows this member; 0: it did not
	since time.Time // from when on it does, at the latest
}

// maxKnownMs bounds what is believed of how long a member knows this one: a year.
const maxKnownMs = 365 * 24 * 60 * 60 * 1000

func newStanding() standing {
	s := standing{settled: make(chan struct{}), heard: true, witnesses: make(map[string]witness)}
	close(s.settled)
	return s
}

func (s *standing) isSettled() bool {
	select {
	case <-s.settled:
		return true
	default:
		return false
	}
}

// Ask makes it open anew whether the others know this member, and returns what Standing.Times is now. It is for one that may have been
// taken for dead: once the standing is settled, its Since tells. Without others it is settled at once.
func (c *Cluster) Ask() (times uint64) {
	t := c.table
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unsettleLocked()
	return t.standing.times
}

// unsettleLocked makes this member ask the others whether they know it.
func (t *table) unsettleLocked() {
	s := &t.standing
	if s.isSettled() {
		s.settled = make(chan struct{})
	}
	s.times++
	s.opened = time.Now()
	s.heard = false
	clear(s.witnesses)
	t.showLocked()
	signal(t.unsettled)
}

// settle ends the asking, and any rivalry, unless both are open anew: the name is this member's, and the others know it.
func (t *table) settle(times uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.standing.times != times {
		return false
	}
	if t.taken {
		signal(t.wake)
	}
	t.rival, t.taken = Member{}, false
	if !t.standing.isSettled() {
		close(t.standing.settled)
	}
	t.showLocked()
	return true
}

// knownSince is from when on all who were asked know this member.
func (t *table) knownSince() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	var since time.Time
	for _, w := range t.standing.witnesses {
		if w.boot == 0 {
			return time.Now()
		}
		if w.since.After(since) {
			since = w.since
		}
	}
	return since
}

// showLocked makes what Standing returns be what the table says.
func (t *table) showLocked() {
	s := &t.standing
	t.shown.Store(&Standing{Times: s.times, Opened: s.opened, Known: s.heard, Settled: s.isSettled()})
}

// hearEcho takes note that this member was announced as it is by another one, or passed on by one.
func (t *table) hearEcho() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.heardLocked()
}

func (t *table) heardLocked() {
	if !t.standing.heard {
		t.standing.heard = true
		t.showLocked()
	}
}

// hearAnswer takes note that another member knows this one, if it was asked.
func (t *table) hearAnswer(a *pb.Answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	name := string(a.GetName())
	if _, asked := t.standing.witnesses[name]; !asked || a.GetKnows() != t.self.Boot || a.GetNumber() != t.standing.times {
		return
	}
	lasts := time.Duration(min(a.GetForMs(), maxKnownMs)) * time.Millisecond
	t.standing.witnesses[name] = witness{a.GetBoot(), time.Now().Add(-lasts)}
	t.heardLocked()
	signal(t.answered)
}

// unconvinced are the witnesses that have not said yet that they know this member.
func (t *table) unconvinced() []Member {
	t.mu.Lock()
	defer t.mu.Unlock()
	witnesses := t.standing.witnesses
	for name := range witnesses {
		if m, there := t.others[name]; !there || t.isReplacedLocked(m) {
			delete(witnesses, name)
		}
	}
	for name, m := range t.others { // at random
		if len(witnesses) == maxWitnesses {
			break
		}
		if _, asked := witnesses[name]; !asked && !t.isReplacedLocked(m) {
			witnesses[name] = witness{}
		}
	}
	var unconvinced []Member
	for name, w := range witnesses {
		if m := t.others[name]; m.Boot != w.boot {
			unconvinced = append(unconvinced, m)
		}
	}
	return unconvinced
}

// Standing tells how far the others know a member.
type Standing struct {
	// Times grows whenever it is open anew whether they do.
	Times uint64

	// Opened is when it grew last. It is zero for a member that was always alone.
	Opened time.Time

	// Known is set once one of them does.
	Known bool

	// Settled is set once all of them do that the member knows, or in a large cluster so many that the rest will in a moment;
	// and without others. A member that is not may be missed by what they tell each other, though it knows all of them.
	Settled bool

	// Since is from when on, at the latest, they know it without a break, as OnSettled is told. It is zero where nobody was asked.
	Since time.Time
}

// Standing tells how far the others know this member, as it is now: each has handed its callback a snapshot with it. It takes
// a moment after Join, and longer after a start elsewhere, which the others do not heed before they noticed that the last run
// is gone. Who does not answer within half a minute is not waited for.
func (c *Cluster) Standing() Standing { return *c.table.shown.Load() }

// Patience is how long a member may be silent, at least, before others take it for dead.
func (c *Cluster) Patience() time.Duration {
	return time.Duration(c.profile.SuspicionMult) * c.profile.ProbeInterval
}

// Settled is closed once Standing.Settled is true. Another one takes its place when that is open anew.
func (c *Cluster) Settled() <-chan struct{} { return c.table.settled() }

// settled is closed once all know this member, until that is open anew.
func (t *table) settled() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.standing.settled
}
