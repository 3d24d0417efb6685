package node

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

const (
	// handOverWorkers is the number of entries that a node hands over at a time while it serves, leaveWorkers while it
	// leaves. Few requests in flight leave the peers' Gets their turn.
	handOverWorkers = 8
	leaveWorkers    = 32

	// strayPause is how long a node waits before it hands over copies that came to it by mistake: rings that differ mostly
	// agree by then.
	strayPause = time.Second
)

// handovers is a node's part in giving keys to the members that own them now.
type handovers struct {
	wake     chan struct{}        // holds an element when the view has changed
	strayed  chan struct{}        // holds an element when copies came that others should hold
	missed   chan struct{}        // holds an element when replicas have missed copies
	settled  atomic.Pointer[view] // by which all was handed over that this node held
	since    []*view              // settled, and those after it under which entries may have come; of followRing alone
	cancel   context.CancelFunc   // ends those of a node that serves
	done     chan struct{}        // closed when they have ended
	intake   intake
	progress progress
}

// startHandovers starts to hand over, after each change of the ring, what other members hold from then on.
func (n *Node) startHandovers() {
	h := &n.handovers
	h.wake, h.strayed, h.missed, h.done = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
	h.since = []*view{n.view.Load()}
	h.settled.Store(h.since[0])
	ctx, cancel := context.WithCancel(n.ctx)
	h.cancel = cancel
	n.work.spawn(func() {
		defer close(h.done)
		n.followRing(ctx)
	})
}

func (n *Node) followRing(ctx context.Context) {
	h := &n.handovers
	var strays, repairs <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
			n.followChange(ctx)
		case <-h.strayed:
			if strays == nil {
				strays = time.After(strayPause)
			}
		case <-strays:
			strays = nil
			if !n.handOver(ctx, change{h.settled.Load(), n.view.Load()}) {
				signal(h.strayed)
			}
		case <-h.missed:
			if repairs == nil {
				repairs = time.After(missedPause)
			}
		case <-repairs:
			repairs = nil
			n.repairReplicas(ctx)
		}
	}
}

// followChange hands over what the ring gave to others since all was handed over last. Where it changed several times since, entries
// may have come under any of the rings in between.
func (n *Node) followChange(ctx context.Context) {
	h, now := &n.handovers, n.view.Load()
	done := true
	for _, from := range h.since {
		if c := (change{from, now}); c.moves() {
			done = n.handOver(ctx, c) && done
		}
	}
	if done {
		h.since = nil
	}
	h.since = append(h.since, now)
	if len(h.since) > maxBefore+1 {
		h.since = slices.Delete(h.since, 1, 2)
	}
	h.settled.Store(h.since[0])
}

// handOver hands over what a change of the ring gave to others, and makes it go first here. If the ring changes again
// meanwhile, it stops, and returns false: then all is to be done for both changes at once.
func (n *Node) handOver(ctx context.Context, c change) bool {
	current := func() bool { return ctx.Err() == nil && !(change{c.to, n.view.Load()}).moves() }
	n.handovers.progress.begin(n, false)
	defer n.handovers.progress.end()
	var passes []*pass
	pace := n.sharePace()
	for _, g := range n.groups.all() {
		p := &pass{group: g, change: c, current: current, pace: pace, workers: handOverWorkers}
		g.returned.begin()
		defer g.returned.end()
		p.run(ctx)
		p.again(ctx)
		passes = append(passes, p)
	}
	for _, p := range passes {
		p.demote()
	}
	if !current() {
		return false
	}
	if s := n.handovers.progress.snapshot(); s.Given+s.Refused > 0 {
		n.log.Info().Int64("entries", s.Given).Int64("bytes", s.Bytes).Int64("refused", s.Refused).Dur("took_ms", s.Took).
			Msg("handed over what other members own now")
	}
	return true
}

// signal makes a channel hold an element.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
