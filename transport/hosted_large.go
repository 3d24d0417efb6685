package transport

import (
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// maxLanes bounds a session's lanes for large frames.
	maxLanes = 8

	// maxParked bounds the values that wait to be sent on a session's lanes for large ones, in bytes.
	maxParked = 256 << 20

	// largeStep is how much of a large value is written under one time limit.
	largeStep = 1 << 20
)

// largeReply is the frame of a reply with a large value.
type largeReply struct {
	id          uint64
	head, value []byte
}

// largeReplies wait for whichever lane is free.
type largeReplies struct {
	mu     sync.Mutex
	some   sync.Cond    // of mu: a reply waits, or closed
	queue  []largeReply // guarded by mu
	bytes  int          // guarded by mu; of the values in queue
	sent   int          // guarded by mu; replies that lanes are writing
	lanes  int          // guarded by mu
	closed bool         // guarded by mu
}

func (q *largeReplies) init() { q.some.L = &q.mu }

// put queues a reply, if there is room, and reports whether there is a lane for it.
func (q *largeReplies) put(r largeReply) (ok, lane bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes > 0 && q.bytes+len(r.value) > maxParked || q.closed {
		return false, false
	}
	q.queue = append(q.queue, r)
	q.bytes += len(r.value)
	q.some.Signal()
	return true, q.lanes > 0
}

// take waits for a reply to send; false once closed.
func (q *largeReplies) take() (largeReply, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.queue) == 0 && !q.closed {
		q.some.Wait()
	}
	if q.closed {
		return largeReply{}, false
	}
	r := q.queue[0]
	q.queue = slices.Delete(q.queue, 0, 1)
	q.bytes -= len(r.value)
	q.sent++
	return r, true
}

// done notes that a reply that was taken is written.
func (q *largeReplies) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent--
}

// idle reports whether no reply waits, or is being written.
func (q *largeReplies) idle() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.queue) == 0 && q.sent == 0
}

// drop takes out the reply to a request.
func (q *largeReplies) drop(id uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.IndexFunc(q.queue, func(r largeReply) bool { return r.id == id })
	if i >= 0 {
		q.bytes -= len(q.queue[i].value)
		q.queue = slices.Delete(q.queue, i, i+1)
	}
}

// join counts one lane more, if there may be.
func (q *largeReplies) join() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lanes >= maxLanes || q.closed {
		return false
	}
	q.lanes++
	return true
}

// close drops what waits.
func (q *largeReplies) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed, q.queue, q.bytes = true, nil, 0
	q.some.Broadcast()
}

// replyLarge queues a reply for the lanes for large frames. Where there is none yet, the client is asked to open one.
func (h *hosted) replyLarge(id uint64, peer bool, resp *Response, value []byte) bool {
	head := appendReplyTo(nil, id, resp, peer, len(value))
	ok, lane := h.large.put(largeReply{id, head, value})
	switch {
	case !ok:
		return h.reply(id, peer, refusal(Overloaded, errParked))
	case !lane:
		return h.signal(kindLarge, id)
	}
	return true
}

// runLarge serves a lane for large frames until the session ends, which ends with any of its lanes.
func (h *hosted) runLarge(g *guest, key []byte, first *frame) {
	select {
	case <-h.known:
	case <-h.ctx.Done():
		return
	}
	if h.key != nil && key == nil || !h.large.join() {
		return
	}
	defer closeWith(h.ctx, g.conn)()
	var work sync.WaitGroup
	work.Go(func() { h.sendLarge(g.conn); h.quit() })
	var err error
	if first != nil {
		err = h.takeLarge(g, *first)
	}
	for err == nil {
		var f frame
		if f, err = g.in.read(); err == nil {
			err = h.takeLarge(g, f)
		}
	}
	h.quit()
	work.Wait()
}

// quit ends the session.
func (h *hosted) quit() {
	h.end()
	h.conn.Close()
	h.out.close()
	h.large.close()
}

// takeLarge takes one frame of a lane for large ones, which must not come too slowly. Small ones have no business there.
func (h *hosted) takeLarge(g *guest, f frame) error {
	if f.kind != kindRequest || f.rest == 0 {
		return skip(g.conn, f.rest)
	}
	if err := h.receiveLarge(&pacedFrame{conn: g.conn, began: time.Now()}, f); err != nil {
		return err
	}
	return g.conn.SetReadDeadline(time.Time{})
}

// sendLarge writes large replies to a lane until the session ends, or the client does not read.
func (h *hosted) sendLarge(conn net.Conn) {
	for {
		r, ok := h.large.take()
		if !ok {
			return
		}
		head, value := r.head, r.value
		for len(value) > 0 {
			if conn.SetWriteDeadline(time.Now().Add(sendTimeout)) != nil {
				return
			}
			part := value[:min(len(value), largeStep)]
			frame := net.Buffers{head, part}
			if _, err := frame.WriteTo(conn); err != nil {
				return
			}
			head, value = nil, value[len(part):]
		}
		h.large.done()
	}
}
