package transport

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// A caller that waits for a reply while nobody reads the first lane reads it itself, for all who wait: to be woken by another
// goroutine takes longer than to read. Once it has its reply and others still wait, the session's own reader goes on, and does
// so until replies come one by one to a single caller.

// loneReplies is how many replies come in a row to a single caller before it reads by itself.
const loneReplies = 4

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// receive is the session's own reader. It reads the first lane whenever it is its turn.
func (s *session) receive() {
	for {
		select {
		case <-s.turn:
		case <-s.ctx.Done():
			return
		}
		for lone := 0; lone < loneReplies; {
			if err := s.read(); err != nil {
				s.close(fmt.Errorf("transport: %w", err))
				return
			}
			if lone++; s.together.Load() != 1 || s.calls.active.Load() > 0 {
				lone = 0
			}
		}
		s.pass()
	}
}

// lead reads the first lane, as nobody else does, until there is a reply for c, or ctx ends.
func (s *session) lead(ctx context.Context, c *call) {
	s.led.Store(true)
	defer func() { s.led.Store(false); s.pass() }()
	if ctx.Done() != nil {
		defer context.AfterFunc(ctx, s.rouse)()
	}
	for len(c.done) == 0 && !ended(ctx) {
		if err := s.read(); err != nil {
			s.close(fmt.Errorf("transport: %w", err))
			return
		}
	}
}

// ended reports whether ctx's Done tells that it has ended.
func ended(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// pass ends the turn of whoever reads. Where others wait, the session's own reader goes on.
func (s *session) pass() {
	s.reading.Store(false)
	if s.calls.active.Load() > 0 {
		s.readOn()
	}
}

// readOn has the session's own reader read, unless somebody reads already.
func (s *session) readOn() {
	if s.reading.CompareAndSwap(false, true) {
		s.turn <- struct{}{}
	}
}

// rouse makes a caller that reads look whether its call has ended otherwise. One that reads on only reads once more.
func (s *session) rouse() {
	if s.led.Load() {
		_ = s.conn.SetReadDeadline(longAgo) // where that fails the connection is closed, and nobody reads
	}
}

// read waits for frames on the first lane, and takes all that have come; none where the reader was roused.
func (s *session) read() error {
	replies := int32(0)
	for more := true; more; more = s.in.buffered() {
		f, err := s.in.small()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return s.conn.SetReadDeadline(time.Time{})
		}
		if err == nil {
			err = s.handle(f)
		}
		if err != nil {
			return err
		}
		if f.kind == kindReply {
			replies++
		}
	}
	s.heard.Add(1)
	s.together.Store(replies)
	return nil
}
