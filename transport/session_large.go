package transport

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// largeConns is how many lanes for large frames a session opens when it needs one.
const largeConns = 4

// largeLanes are a session's lanes for large frames.
type largeLanes struct {
	opening sync.Once
	queue   chan largeRequest // to whichever lane is free

	failed chan struct{} // closed once none could be opened

	mu     sync.Mutex
	open   int      // guarded by mu; how many there are
	tried  int      // guarded by mu; how many were tried to open
	err    error    // guarded by mu; why there is none
	parked []uint64 // guarded by mu; requests whose replies wait at the member for a lane
}

// largeRequest is a frame to be written to a lane for large ones.
type largeRequest struct {
	id          uint64
	ctx         context.Context // of who waits for it
	head, value []byte
	written     chan<- error
}

// sendLarge sends a request with a large value, once a lane is free, and returns when it is written, or its call has ended.
func (s *session) sendLarge(ctx context.Context, c *call, id uint64, r *Request, timeout time.Duration) error {
	s.openLarge(0)
	value, written := requestBody(*r), make(chan error, 1)
	frame, queue := largeRequest{id, ctx, appendRequest(nil, id, r, timeout, len(value)), value, written}, s.large.queue
	for {
		select {
		case queue <- frame:
			queue = nil
		case err := <-written:
			return err
		case <-c.done: // its deadline has passed, which ctx need not tell, or it is refused
			c.done <- struct{}{}
			return nil
		case <-s.large.failed:
			return s.large.why()
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-s.ctx.Done():
			return context.Cause(s.ctx)
		}
	}
}

// why is the reason for which there are no lanes.
func (l *largeLanes) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Errorf("transport: connect for a large value: %w", l.err)
}

// openLarge opens the lanes for large frames, if there are none yet. The reply to the request parked, if it is one, waits for
// that.
func (s *session) openLarge(parked uint64) {
	s.large.mu.Lock()
	failed := s.large.err != nil
	if s.large.open == 0 && !failed && parked != 0 {
		s.large.parked = append(s.large.parked, parked)
	}
	s.large.mu.Unlock()
	if failed {
		s.failParked([]uint64{parked})
	}
	s.large.opening.Do(func() {
		for range largeConns {
			s.work.Go(s.runLarge)
		}
	})
}

// runLarge opens a lane for large frames and serves it until the session ends.
func (s *session) runLarge() {
	l, err := s.client.openLane(s.ctx, s.session)
	parked, failed := s.large.settle(err)
	switch {
	case failed:
		close(s.large.failed)
		s.failParked(parked)
	case err == nil:
		s.serveLarge(l)
	}
}

// settle notes what came of opening a lane, and reports whether that was the last hope of the requests that it returns.
func (l *largeLanes) settle(err error) (parked []uint64, failed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tried++
	if err == nil {
		l.open++
		l.parked = nil
	}
	if l.tried < largeConns || l.open > 0 {
		return nil, false
	}
	l.err = err
	return l.parked, true
}

// failParked ends calls whose replies cannot be fetched.
func (s *session) failParked(ids []uint64) {
	for _, id := range ids {
		if c := s.calls.claim(id); c != nil {
			s.out.signal(kindCancel, id)
			c.finish(Response{}, s.large.why())
			s.rouse()
		}
	}
}

// serveLarge reads and writes a lane. An error on it ends the session.
func (s *session) serveLarge(l *lane) {
	defer context.AfterFunc(s.ctx, func() { l.conn.Close() })()
	defer l.conn.Close()
	if l.first != nil {
		if _, err := l.conn.Write(l.first); err != nil {
			s.close(fmt.Errorf("transport: %w", err))
			return
		}
	}
	s.work.Go(func() { s.writeLarge(l.conn) })
	l.in.max = maxPrefix
	for {
		f, err := l.in.read()
		if err == nil {
			err = s.receiveLarge(l, f)
		}
		if err != nil {
			s.close(fmt.Errorf("transport: %w", err))
			return
		}
	}
}

// writeLarge writes large requests to a lane until the session ends.
func (s *session) writeLarge(conn net.Conn) {
	for {
		select {
		case <-s.ctx.Done():
			return
		case r := <-s.large.queue:
			frame := net.Buffers{r.head, r.value}
			_, err := frame.WriteTo(conn)
			if err != nil {
				err = fmt.Errorf("transport: %w", err)
				s.close(err)
			}
			r.written <- err
			if _, waited := s.calls.limit(r.id); !waited || ended(r.ctx) { // it was not waited for: see do
				s.cancel(r.id, true)
			}
		}
	}
}

// receiveLarge reads a reply whose value comes straight from the connection. Whom it is for may be reading the first lane.
func (s *session) receiveLarge(l *lane, f frame) error {
	defer s.rouse()
	if f.kind != kindReply || f.rest == 0 {
		if f.rest > 0 {
			return skip(l.conn, f.rest)
		}
		return s.handle(f)
	}
	head, begun, length, err := cutValue(f.message, f.rest, replyValue)
	if err != nil {
		return err
	}
	resp, id, err := parseReplyTo(head)
	if err != nil {
		return err
	}
	limit, waited := s.calls.limit(id)
	if !waited || length > limit {
		if c := s.calls.claim(id); c != nil {
			c.finish(Response{}, fmt.Errorf("transport: read the value: %w", errTooLong))
		}
		return skip(l.conn, f.rest)
	}
	if resp.Value, err = readValueAfter(begun, l.conn, length); err != nil {
		return err
	}
	if c := s.calls.claim(id); c != nil {
		c.finish(resp, nil)
	}
	return s.lastOne()
}

// skip reads n bytes that nobody wants.
func skip(conn io.Reader, n int) error {
	_, err := io.CopyN(io.Discard, conn, int64(n))
	return err
}

// readValueAfter reads a value whose beginning was read before.
func readValueAfter(begun []byte, conn io.Reader, length int) ([]byte, error) {
	value := append(make([]byte, 0, min(length, max(trustedLength, len(begun)))), begun...)
	for {
		var err error
		if value, err = fill(conn, value); err != nil {
			return nil, unexpected(err)
		}
		if len(value) == length {
			return value, nil
		}
		value = append(make([]byte, 0, min(length, 4*len(value))), value...)
	}
}
