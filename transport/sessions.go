package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// plainFor is how long a member that does not speak frames is asked in plain HTTP before it is tried again: it may have
	// been replaced by a later release.
	plainFor = time.Minute

	// retryFirst and retryMost bound the pause after a connection that could not be opened, which doubles each time.
	retryFirst = 5 * time.Millisecond
	retryMost  = 250 * time.Millisecond
)

// opening is a session that is being opened. Everyone who needs it waits for the same one.
type opening struct {
	done    chan struct{} // closed once there is
	session *session      // or
	err     error
}

// session returns the session to send on: the one that there is or, within ctx, a new one. errNoUpgrade says that there is
// none to be had.
func (c *Client) session(ctx context.Context) (*session, error) {
	o, err := c.sessions.openOnce(c)
	if err != nil {
		return nil, err
	}
	select {
	case <-o.done:
		return o.session, o.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// openOnce opens a session unless one is there, or being opened, or it is not the time for it.
func (ss *sessions) openOnce(c *Client) (*opening, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	s := ss.current.Load()
	switch {
	case c.ctx.Err() != nil:
		return nil, ErrClosed
	case ss.never, !ss.refused.IsZero() && time.Since(ss.refused) < plainFor:
		return nil, errNoUpgrade
	case s != nil && s.usable():
		return &opening{done: closedChan(), session: s}, nil
	case ss.opening != nil:
		return ss.opening, nil
	case time.Until(ss.again) > 0:
		return nil, ss.why
	}
	o := &opening{done: make(chan struct{})}
	ss.opening = o
	ss.work.Go(func() { ss.open(c, o) })
	return o, nil
}

func closedChan() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// open opens a session, and waits for its end.
func (ss *sessions) open(c *Client, o *opening) {
	l, err := c.openLane(c.ctx, "")
	if err == nil {
		o.session = newSession(c, l)
		c.plain.watch.hear()
	} else {
		o.err = openError(c, err)
	}
	ss.settle(o)
	close(o.done)
	if errors.Is(err, errSilent) {
		c.silent()
	}
	if o.session != nil {
		defer o.session.wait()
		<-o.session.ctx.Done()
		o.session.close(context.Cause(o.session.ctx))
	}
}

func openError(c *Client, err error) error {
	switch {
	case c.ctx.Err() != nil:
		return ErrClosed
	case errors.Is(err, errNoUpgrade), errors.Is(err, errUnproven), errors.Is(err, errSilent):
		return err
	}
	return fmt.Errorf("transport: %w", err)
}

// settle notes what came of an opening.
func (ss *sessions) settle(o *opening) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	ss.opening = nil
	switch {
	case o.session != nil:
		ss.current.Store(o.session)
		ss.failures = 0
	case errors.Is(o.err, errNoUpgrade):
		ss.refused, ss.failures = time.Now(), 0
	default:
		pause := min(retryFirst<<min(ss.failures, 10), retryMost)
		ss.failures++
		ss.again, ss.why = time.Now().Add(pause/2+rand.N(pause)), o.err
	}
}

// renew leaves the session that was proved with a key that is not one of keys any more.
func (ss *sessions) renew(k *keys) {
	ss.mu.Lock()
	ss.failures, ss.again = 0, time.Time{}
	ss.mu.Unlock()
	s := ss.current.Load()
	if s != nil && !slices.ContainsFunc(k.accept, func(key []byte) bool { return bytes.Equal(key, s.key) }) {
		s.leave()
	}
}

// end ends the client, and waits for the goroutines of its sessions.
func (ss *sessions) end(close context.CancelCauseFunc) {
	ss.mu.Lock() // nothing is begun after this
	close(ErrClosed)
	ss.mu.Unlock()
	ss.work.Wait()
}

// lost reports whether a session has ended under a request that may be sent again on another one.
func (s *session) lost(ctx context.Context) bool {
	return s.ctx.Err() != nil && ctx.Err() == nil && !errors.Is(context.Cause(s.ctx), errSilent)
}
