package transport

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// pingIdle is how often a member is pinged over a session that has nothing to do. It takes one that is silent for twice as
// long for gone.
const pingIdle = 30 * time.Second

var errGoneAway = errors.New("the member is closing")

// session is a client's side of the frames that it exchanges with a member: a first lane, over which it sends requests and
// gets small replies, and, once there are any, some for large ones. It ends as a whole.
type session struct {
	client *Client
	*lane
	out   *outbox
	calls calls
	large largeLanes

	left struct {
		sync.Mutex
		ids []uint64 // guarded by it; reads that nobody waits for, and that the member does not know yet
	}

	reading  atomic.Bool   // somebody reads the first lane
	led      atomic.Bool   // and it is a caller
	turn     chan struct{} // to the session's own reader: it is the one
	together atomic.Int32  // how many replies came together the last time

	heard   atomic.Uint64 // changes whenever something was read on the first lane
	pings   atomic.Uint64 // counts pings
	leaving atomic.Bool   // no new requests: the member is closing, or does not know our key any more

	began time.Time
	ctx   context.Context // ends with the session
	end   context.CancelCauseFunc
	work  sync.WaitGroup // the session's goroutines
}

// newSession begins a session on its first lane.
func newSession(c *Client, first *lane) *session {
	s := &session{client: c, lane: first, out: newOutbox(first.conn, 0), began: time.Now()}
	s.ctx, s.end = context.WithCancelCause(c.ctx)
	s.turn = make(chan struct{}, 1)
	s.readOn()
	s.large.queue, s.large.failed = make(chan largeRequest), make(chan struct{})
	s.work.Go(func() { s.out.run(s.ctx.Done()) })
	s.out.queued = first.first
	s.out.flush(false)
	s.work.Go(s.receive)
	s.work.Go(s.keep)
	return s
}

// usable reports whether new requests may be sent.
func (s *session) usable() bool { return !s.leaving.Load() && s.ctx.Err() == nil }

// wait returns once the session has ended and its goroutines with it.
func (s *session) wait() { s.work.Wait() }

// close ends the session and all its calls with the reason.
func (s *session) close(why error) {
	s.end(why)
	s.out.close()
	s.conn.Close()
	s.calls.fail(context.Cause(s.ctx))
}

// do sends r and returns the reply.
func (s *session) do(ctx context.Context, r *Request) (Response, error) {
	timeout, deadline := remaining(ctx, r)
	if timeout < 0 {
		return Response{}, context.DeadlineExceeded
	}
	c, err := s.calls.acquire(ctx)
	if err != nil {
		return Response{}, err
	}
	if timeout > 0 {
		c.deadline.Store(int64(deadline.Sub(s.began)))
	} else {
		c.deadline.Store(0)
	}
	id := s.calls.begin(c, r)
	if err := s.send(ctx, c, id, r, timeout); err != nil {
		if s.drop(c, id) && r.isWrite() {
			s.cancel(id, true) // a large value may be on its way
		}
		return Response{}, err
	}
	if !s.reading.Load() && s.reading.CompareAndSwap(false, true) { // to look first costs the others nothing
		s.lead(ctx, c)
	}
	if !c.wait(ctx) {
		if s.drop(c, id) {
			s.cancel(id, r.isWrite())
		}
		return Response{}, context.Cause(ctx)
	}
	resp, err := c.resp, c.err
	s.calls.release(c)
	if r.Op == GetMany && err == nil && resp.Code == OK {
		resp.Items, err = parseReplies(resp.Value, len(r.Keys), r.Items)
		resp.Value = nil
	}
	return resp, err
}

// wait waits for the end of a call; false if ctx ends first. A select of one channel takes longer than to receive from it.
func (c *call) wait(ctx context.Context) bool {
	done := ctx.Done()
	if done == nil {
		<-c.done
		return true
	}
	select {
	case <-c.done:
		return true
	case <-done:
		return false
	}
}

// cancel tells the member that nobody waits for a request any more. For a read it does so in a moment: another caller may ask
// for the same, and the member need not load it twice. A write must not be carried out late.
func (s *session) cancel(id uint64, now bool) {
	if now {
		s.out.signal(kindCancel, id)
		return
	}
	s.left.Lock()
	defer s.left.Unlock()
	s.left.ids = append(s.left.ids, id)
}

// cancelLeft tells the member of the reads that were cancelled lately.
func (s *session) cancelLeft() {
	s.left.Lock()
	ids := s.left.ids
	s.left.ids = nil
	s.left.Unlock()
	for _, id := range ids {
		s.out.signal(kindCancel, id)
	}
}

// drop gives up a call, and reports whether its reply was still waited for.
func (s *session) drop(c *call, id uint64) bool {
	waited := s.calls.claim(id) != nil
	if !waited {
		<-c.done
	}
	s.calls.release(c)
	return waited
}

// send queues a request, and sees to it that it is written.
func (s *session) send(ctx context.Context, c *call, id uint64, r *Request, timeout time.Duration) error {
	length := bodyLength(r)
	if length >= largeFrom {
		return s.sendLarge(ctx, c, id, r, timeout)
	}
	if err := s.out.lock(ctx); err != nil {
		return err
	}
	if s.out.queued = appendRequest(s.out.queued, id, r, timeout, length); length > 0 {
		s.out.queued = appendBody(s.out.queued, r)
	}
	s.out.unlockAndFlush(s.calls.active.Load() > 1 || s.together.Load() > 1)
	return nil
}

// remaining is what is left until r's deadline, or else ctx's, in whole milliseconds; 0 if there is none, and less once it has
// passed. It is counted from r's time, or from this moment if that is zero.
func remaining(ctx context.Context, r *Request) (timeout time.Duration, deadline time.Time) {
	deadline, at := r.Until, r.At
	if deadline.IsZero() {
		var ok bool
		if deadline, ok = ctx.Deadline(); !ok {
			return 0, deadline
		}
	}
	if at.IsZero() {
		at = time.Now()
	}
	left := deadline.Sub(at)
	if left <= 0 {
		return -1, deadline
	}
	return time.Duration(wholeMillis(left)) * time.Millisecond, deadline
}

// handle takes one frame of the first lane.
func (s *session) handle(f frame) error {
	switch f.kind {
	case kindReply:
		return s.deliver(f.message)
	case kindGoAway:
		s.leave()
		return nil
	case kindPing, kindLarge:
		number, err := parseSignal(f.message)
		if f.kind == kindPing {
			s.out.signal(kindPong, number)
		} else {
			s.openLarge(number)
		}
		return err
	}
	return nil
}

// deliver hands a small reply to who waits for it.
func (s *session) deliver(message []byte) error {
	resp, id, err := parseReplyTo(message)
	if err != nil {
		return err
	}
	c := s.calls.claim(id)
	if c == nil {
		return s.lastOne()
	}
	// What was read is overwritten by what comes next.
	resp.Value = append([]byte(nil), resp.Value...)
	c.finish(resp, nil)
	return s.lastOne()
}

// finish ends a claimed call.
func (c *call) finish(resp Response, err error) {
	if err == nil && int64(len(resp.Value)) > c.limit.Load() {
		resp, err = Response{}, fmt.Errorf("transport: read the value: %w", errTooLong)
	}
	c.resp, c.err = resp, err
	c.done <- struct{}{}
}

// leave sends no more requests on this session. It ends once the last one is answered.
func (s *session) leave() {
	s.leaving.Store(true)
	if s.calls.active.Load() == 0 {
		s.close(errGoneAway)
	}
}

// lastOne ends a session that is left with the last of its calls.
func (s *session) lastOne() error {
	if s.leaving.Load() && s.calls.active.Load() == 0 {
		return errGoneAway
	}
	return nil
}
