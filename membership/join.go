package membership

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	// maxAttempts bounds the members that are being contacted at a time.
	maxAttempts = 16

	// standingTime is how long Join waits for the others to know this member, which on a busy machine takes more than a moment, and
	// contestedTime where they may first have to notice that its last run is gone, which is too long.
	standingTime  = time.Second
	contestedTime = 200 * time.Millisecond
)

// Join tries to reach a member at the given seeds now, and returns nil as soon as one answered; the snapshot then has
// the members that it knew, and mostly they know c. A seed is a host:port, an IP:port, or either without the
// port, which is DefaultPort then. A name is looked up at each attempt, and all of its addresses are tried.
//
// Whether or not a member was reached in time, c remembers the seeds and keeps trying those that are not members until
// Close. A seed that cannot be parsed is an error at once, and none of the seeds is remembered. A seed that is this
// very member is passed over; with no others Join returns nil. Other errors are ErrClosed, those of ctx, what kept a
// seed from being reached, and a *NameTakenError if the cluster has a live member of this one's name.
func (c *Cluster) Join(ctx context.Context, seeds ...string) error {
	err := c.join(ctx, seeds)
	if err == nil || errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("membership: join: %w", err)
}

func (c *Cluster) join(ctx context.Context, texts []string) error {
	seeds, err := parseSeeds(texts)
	if err != nil {
		return err
	}
	if c.ctx.Err() != nil {
		return ErrClosed
	}
	if err := c.contacts.remember(seeds); err != nil {
		return err
	}
	ctx, cancel := c.within(ctx)
	defer cancel()
	if err := c.contactAny(ctx, seeds); err != nil {
		return err
	}
	if err := c.flush(ctx); err != nil {
		return err
	}
	if err := c.checkName(ctx); err != nil {
		return err
	}
	c.awaitSettled(ctx)
	return nil
}

// awaitSettled waits until the others know this member, for a moment at most.
func (c *Cluster) awaitSettled(ctx context.Context) {
	limit := standingTime
	if _, contested, _ := c.table.rivalry(); contested {
		limit = contestedTime
	}
	select {
	case <-c.table.settled():
	case <-time.After(limit):
	case <-ctx.Done():
	}
}

// within returns ctx, which then also ends at Close with ErrClosed as its cause.
func (c *Cluster) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.ctx, func() { cancel(ErrClosed) })
	return ctx, func() { stop(); cancel(nil) }
}

// contactAny returns nil once one of seeds led to a member, or if they all are this one.
func (c *Cluster) contactAny(ctx context.Context, seeds []seed) error {
	results := c.each(len(seeds), func(i int) error { return c.contact(ctx, seeds[i]) })
	return firstSuccess(ctx, results, len(seeds))
}

// contact returns nil once an address of s led to a member. Other addresses may be still being tried then.
func (c *Cluster) contact(ctx context.Context, s seed) error {
	addrs, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(addrs, c.isSelf)
	if len(others) == 0 {
		return errSelf
	}
	strange, known := c.strange(others)
	results := c.exchange(strange)
	if known {
		return nil
	}
	return firstSuccess(ctx, results, len(strange))
}

// errSelf tells that a seed stands for this member alone.
var errSelf = errors.New("is this very member")

// strange returns those of addrs that no member gossips at, and whether a member does at another.
func (c *Cluster) strange(addrs []netip.AddrPort) (strange []netip.AddrPort, known bool) {
	members := make(map[string]bool)
	for _, m := range c.Snapshot().Members {
		members[m.GossipAddr] = true
	}
	for _, addr := range addrs {
		if members[addr.String()] {
			known = true
		} else if !slices.Contains(strange, addr) {
			strange = append(strange, addr)
		}
	}
	return strange, known
}

// exchange exchanges what is known of the cluster with the member at each of addrs, if there is one.
func (c *Cluster) exchange(addrs []netip.AddrPort) <-chan error {
	return c.each(len(addrs), func(i int) error {
		select {
		case c.attempts <- struct{}{}:
			defer func() { <-c.attempts }()
		case <-c.ctx.Done():
			return ErrClosed
		}
		_, err := c.list.Join([]string{addrs[i].String()})
		return oneLine(err)
	})
}

// oneLine returns the first of the errors that memberlist lists on several lines.
func oneLine(err error) error {
	if list, ok := err.(interface{ WrappedErrors() []error }); ok && len(list.WrappedErrors()) > 0 {
		return list.WrappedErrors()[0]
	}
	return err
}

// each calls f with 0 to n-1 at the same time, in goroutines of c. All results are sent, received or not.
func (c *Cluster) each(n int, f func(int) error) <-chan error {
	results := make(chan error, n)
	for i := range n {
		if err := c.open(func() { c.wg.Go(func() { results <- f(i) }) }); err != nil {
			results <- err
		}
	}
	return results
}

// firstSuccess returns nil once a result is, or if they all are errSelf, and else an error when all n have come.
func firstSuccess(ctx context.Context, results <-chan error, n int) error {
	var first error
	failed := 0
	for range n {
		select {
		case err := <-results:
			if err == nil {
				return nil
			}
			if !errors.Is(err, errSelf) {
				first, failed = cmp.Or(first, err), failed+1
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if failed > 1 {
		return fmt.Errorf("none of %d answered, one because: %w", failed, first)
	}
	return first
}
