package membership

import (
	"context"
	"slices"
	"time"
)

// coalesceFor is how long a change waits for others before a snapshot is published. Members that are learned in one exchange
// are told one by one, and one who acted on a part of them would take itself for the owner of much.
//
// Where there are thousands, a snapshot takes milliseconds. What follows waits publishShare times as long, up to maxCoalesce, so
// that they take a twentieth of a core at most, however much happens.
const (
	coalesceFor  = 10 * time.Millisecond
	maxCoalesce  = 100 * time.Millisecond
	publishShare = 20
)

// maxLeft bounds Snapshot.Left: a callback that skips snapshots in which more leave takes some for dead.
const maxLeft = 256

// publish runs until Close, and publishes a snapshot soon after the table changed, or at once when it is asked to.
func (c *Cluster) publish() {
	var due <-chan time.Time
	pause := coalesceFor
	for {
		select {
		case <-c.ctx.Done():
			return
		case <-c.table.wake:
			if due == nil {
				due = time.After(pause)
			}
		case <-due:
			due = nil
			began := time.Now()
			c.publishOnce()
			pause = min(max(coalesceFor, publishShare*time.Since(began)), maxCoalesce)
		case done := <-c.flushes:
			c.publishOnce()
			close(done)
		}
	}
}

func (c *Cluster) publishOnce() {
	got := c.table.take()
	last := c.Snapshot()
	diff := changes(last.Members, got.members, got.gone)
	if len(diff) > 0 || got.nameTaken != last.NameTaken {
		c.snapshot.Store(&Snapshot{
			Version: last.Version + 1, Members: got.members, Left: leavers(last.Left, diff), NameTaken: got.nameTaken,
		})
		c.contacts.note(diff, time.Now())
		if c.onSnapshot == nil {
			c.greeters.tell(got.members)
		}
		signal(c.published)
	}
	for _, ch := range diff {
		if got.nameTaken == last.NameTaken || ch.member.Name != c.Self().Name { // else a notice tells better
			ch.log(c.log)
		}
	}
	for _, n := range got.notices {
		n.log(c.gossipLog.log)
	}
}

// leavers adds those who left to the ones before.
func leavers(before []Member, diff []change) []Member {
	all := slices.Clip(before) // which others read
	for _, ch := range diff {
		if ch.kind == left {
			all = append(all, ch.member)
		}
	}
	return all[max(0, len(all)-maxLeft):]
}

// flush returns once what memberlist told so far is published.
func (c *Cluster) flush(ctx context.Context) error {
	done := make(chan struct{})
	select {
	case c.flushes <- done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// notify runs until Close, and hands the newest snapshot to the callback whenever that is done with the one before.
func (c *Cluster) notify() {
	var seen uint64
	for {
		if s := c.Snapshot(); s.Version > seen {
			seen = s.Version
			c.onSnapshot(s)
			c.greeters.tell(s.Members)
		}
		select {
		case <-c.ctx.Done():
			return
		case <-c.published:
		}
	}
}
