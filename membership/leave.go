package membership

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

const (
	// noWait is for calls to memberlist that would wait for news to spread. They could not be interrupted, so spread
	// waits.
	noWait = time.Nanosecond

	// announceAttempts is how often metadata are announced until memberlist takes them. It drops what it is told of
	// this member, without a word, if it answers a suspicion against it at that very moment.
	announceAttempts = 5
)

// Drain tells the others that this member is about to leave, and returns once the word was sent as often as news are.
// Without other members it returns at once. Errors are ErrClosed and those of ctx; the word spreads further all the
// same while c is open.
func (c *Cluster) Drain(ctx context.Context) error {
	return leaveError("drain", c.drain(ctx))
}

func (c *Cluster) drain(ctx context.Context) error {
	if c.isUnknown() {
		return nil
	}
	var told <-chan struct{}
	err := c.open(func() {
		c.table.drain()
		c.announce()
		told = c.sayGoing(false)
	})
	if err != nil {
		return err
	}
	return c.spread(ctx, told)
}

// isUnknown tells whether the others know another member by this one's name, as far as this one knows: what it says of
// itself would be taken for that one's word.
func (c *Cluster) isUnknown() bool {
	rival, open, taken := c.table.rivalry()
	return taken || open && c.isNewer(rival)
}

// sayGoing passes on that this member is about to leave, or left. The caller holds lifecycle.
func (c *Cluster) sayGoing(left bool) <-chan struct{} {
	d := departureOf(c.Self(), left)
	return c.news.tell(aboutDeparture(d), &pb.News{Departures: []*pb.Departure{d}})
}

// announce queues the news of this member's metadata, if they changed. The caller holds lifecycle.
func (c *Cluster) announce() {
	meta, _ := encodeMeta(c.Self()) // was encoded before
	for range announceAttempts {
		if bytes.Equal(c.list.LocalNode().Meta, meta) {
			return
		}
		_ = c.list.UpdateNode(noWait) // fails for the lack of time, after it has queued the news
	}
}

// Leave leaves the cluster in good order: the others see it at once. It drains, if that was not done, waits for the
// word to spread, and closes c as Close does. If ctx ends before, c is closed all the same and the error is that of
// ctx; if c is closed before, ErrClosed. Without other members Leave returns at once.
func (c *Cluster) Leave(ctx context.Context) error {
	err := c.leave(ctx)
	if closeErr := c.Close(); err == nil {
		err = closeErr
	}
	return leaveError("leave", err)
}

func (c *Cluster) leave(ctx context.Context) error {
	if !c.Self().Draining {
		// To leave without having said so looks like a death. Half of the time at most goes to the saying.
		half, cancel := halfOf(ctx)
		err := c.drain(half)
		cancel()
		if errors.Is(err, ErrClosed) {
			return err
		}
	}
	if c.isUnknown() {
		return nil
	}
	var told <-chan struct{}
	err := c.open(func() {
		_ = c.list.Leave(noWait) // as in announce
		told = c.sayGoing(true)
	})
	if err != nil {
		return err
	}
	return c.spread(ctx, told)
}

func leaveError(call string, err error) error {
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("membership: %s: %w", call, err)
}

func halfOf(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(deadline)/2)
}

// spread waits until what this member said was sent as often as news are, or nobody is left to hear it.
func (c *Cluster) spread(ctx context.Context, told <-chan struct{}) error {
	ctx, cancel := c.within(ctx)
	defer cancel()
	ticker := time.NewTicker(c.profile.GossipInterval)
	defer ticker.Stop()
	for {
		if len(c.Snapshot().Members) == 1 {
			return nil
		}
		select {
		case <-told:
			return nil
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
