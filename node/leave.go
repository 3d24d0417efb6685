package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rs/zerolog"
)

// farewell is the share of the time to leave that is kept for telling the others and ending requests, however much is left to
// be handed over.
const farewell = 10

// Leave ends the node so that the others hardly notice: it tells them that it is about to leave, hands what it owns to the
// next owners, leaves, ends the requests under way, and closes. Config.DrainTimeout and ctx bound all of it; what is not done
// by then is left undone, and the error says so. The node is closed in any case. Further calls wait for the first one within
// their own ctx.
func (n *Node) Leave(ctx context.Context) error {
	first := false
	n.leaving.Do(func() { first, n.left = true, make(chan struct{}) })
	if first {
		n.leaveErr = n.leave(ctx)
		close(n.left)
	}
	select {
	case <-n.left:
		return n.leaveErr
	case <-ctx.Done():
		return fmt.Errorf("node: leave: %w", ctx.Err())
	}
}

func (n *Node) leave(ctx context.Context) error {
	if n.ctx.Err() != nil {
		return n.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.DrainTimeout)
	defer cancel()
	n.handovers.cancel()
	<-n.handovers.done
	var errs []error
	if n.cluster != nil {
		errs = append(errs, n.cluster.Drain(ctx))
	}
	n.stepDown()
	errs = append(errs, n.bequeath(ctx))
	if n.cluster != nil {
		errs = append(errs, n.cluster.Leave(ctx))
	}
	errs = append(errs, n.server.Shutdown(ctx))
	closed := n.ctx.Err() != nil // by somebody else, before all of it was done
	errs = append(errs, n.Close())
	err := errors.Join(errs...)
	switch {
	case closed:
		err = ErrClosed
	case ctx.Err() != nil:
		err = ctx.Err()
	case err == nil:
		return nil
	}
	return fmt.Errorf("node: leave: %w", err)
}

// lateShare is the share of the time within which all should be handed over though replies are slow.
const lateShare = 0.7

// lateBy tells whether handing over takes more of ctx's time than it should: at its pace until now, some would be left.
func (n *Node) lateBy(ctx context.Context) func() bool {
	end, _ := ctx.Deadline()
	began, p := time.Now(), &n.handovers.progress
	most := time.Until(end).Seconds() * lateShare
	return func() bool {
		return float64(p.seen.Load()) < float64(p.entries.Load())*time.Since(began).Seconds()/most
	}
}

// bequeath gives what this node holds to those who own it next, hottest first, and forgets it. It leaves some
// of ctx's time over.
func (n *Node) bequeath(ctx context.Context) error {
	n.handovers.intake.close()
	if len(n.view.Load().others) == 0 {
		return nil
	}
	defer n.empty()
	end, _ := ctx.Deadline()
	ctx, cancel := context.WithDeadline(ctx, end.Add(-time.Until(end)/farewell))
	defer cancel()
	n.handovers.progress.begin(n, true)
	defer n.handovers.progress.end()
	logged := make(chan struct{})
	defer close(logged)
	n.work.spawn(func() { n.logProgress(logged) })
	pace, w := n.leavePace(ctx), newWindow(n.lateBy(ctx))
	for _, g := range n.groups.all() {
		p := &pass{
			group: g, change: change{n.handovers.settled.Load(), n.view.Load()}, leaving: true,
			current: func() bool { return ctx.Err() == nil }, pace: pace, workers: leaveWorkers, window: w,
		}
		p.run(ctx)
	}
	s := n.handovers.progress.snapshot()
	left := max(s.Entries-s.Seen, 0) + s.Refused
	level := zerolog.InfoLevel
	if left > 0 { // perhaps nobody else has the group
		level = zerolog.WarnLevel
	}
	n.log.WithLevel(level).Int64("entries", s.Given).Int64("bytes", s.Bytes).Int64("left", left).Dur("took_ms", s.Took).Msg("handed over")
	if ctx.Err() != nil {
		return fmt.Errorf("hand over: %d of %d entries are left: %w", left, s.Entries, ctx.Err())
	}
	return nil
}
