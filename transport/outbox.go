package transport

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"
)

const (
	// maxQueued is how much may wait in an outbox before its senders wait for room.
	maxQueued = 1 << 20

	// flushFrom is how much is written before all is answered that came together.
	flushFrom = 128 << 10

	// keptBuffer is the longest buffer that is kept for the next frames.
	keptBuffer = 256 << 10

	// flushRounds is how often in a row a sender writes what others queued meanwhile, before it leaves that to the outbox's
	// own goroutine.
	flushRounds = 4
)

// errEnded says that the connection had ended before a frame was queued.
var errEnded = errors.New("the connection has ended")

// outbox coalesces the frames that many goroutines send over one connection: whoever flushes writes what all have queued.
// Nobody ever waits for the other side but the outbox's own goroutine, which takes over what cannot be written at once.
type outbox struct {
	conn    net.Conn
	try     func([]byte) int // writes what can be written without waiting
	timeout time.Duration    // of a write; if zero, none
	hurry   chan []byte      // to the outbox's goroutine: what could not be written at once

	mu      sync.Mutex
	queued  []byte        // guarded by mu; frames that wait to be written
	spare   []byte        // guarded by mu; a buffer for the next ones
	writing bool          // guarded by mu; somebody writes, and will write what is queued
	closed  bool          // guarded by mu
	room    chan struct{} // guarded by mu; closed once there is room, nil if nobody waits
}

func newOutbox(conn net.Conn, timeout time.Duration) *outbox {
	return &outbox{conn: conn, try: tryWriter(conn), timeout: timeout, hurry: make(chan []byte, 1)}
}

// newClosedOutbox returns an outbox that only queues until it is opened.
func newClosedOutbox(conn net.Conn, timeout time.Duration) *outbox {
	o := newOutbox(conn, timeout)
	o.writing = true
	return o
}

// open writes what was queued before.
func (o *outbox) open() {
	o.mu.Lock()
	o.writing = false
	o.unlockAndFlush(false)
}

// flush writes what is queued, unless somebody does already. Where others are about to send, it lets them do so first: alone,
// that would only wake a thread that finds nothing to do.
func (o *outbox) flush(others bool) {
	o.mu.Lock()
	o.unlockAndFlush(others)
}

// unlockAndFlush is flush for who has locked mu.
func (o *outbox) unlockAndFlush(others bool) {
	if o.writing || len(o.queued) == 0 || o.closed {
		o.mu.Unlock()
		return
	}
	o.writing = true
	o.mu.Unlock()
	for range flushRounds {
		if others {
			runtime.Gosched()
		}
		frames, ok := o.take()
		if !ok {
			return
		}
		if n := o.try(frames); n < len(frames) {
			o.hurry <- frames[n:]
			return
		}
		o.recycle(frames)
	}
	o.hurry <- nil
}

// take returns all that is queued; false if there is nothing: then nobody is writing any more.
func (o *outbox) take() ([]byte, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queued) == 0 || o.closed {
		o.writing = false
		return nil, false
	}
	frames := o.queued
	o.queued, o.spare = o.spare[:0], nil
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
	return frames, true
}

// recycle keeps a buffer that was written.
func (o *outbox) recycle(frames []byte) {
	if cap(frames) > keptBuffer {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.spare = frames[:0]
}

// run is the outbox's goroutine: it writes what could not be written at once, until done is closed or a write fails.
func (o *outbox) run(done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case rest := <-o.hurry:
			if !o.finish(rest) {
				o.conn.Close() // its reader notices
				return
			}
		}
	}
}

// finish writes rest and what is queued by then and later, until nothing is.
func (o *outbox) finish(rest []byte) bool {
	for ok := true; ok; rest, ok = o.take() {
		if o.timeout > 0 {
			if o.conn.SetWriteDeadline(time.Now().Add(o.timeout)) != nil {
				return false
			}
		}
		if _, err := o.conn.Write(rest); err != nil {
			return false
		}
		o.recycle(rest)
	}
	return true
}

// close drops what is queued and refuses more.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
	if o.room != nil {
		close(o.room)
		o.room = nil
	}
}

// lock locks mu once there is room, within ctx. A frame must be queued then, mu unlocked and the outbox flushed.
func (o *outbox) lock(ctx context.Context) error {
	for {
		o.mu.Lock()
		if len(o.queued) < maxQueued && !o.closed {
			return nil
		}
		closed, room := o.closed, o.roomLocked()
		o.mu.Unlock()
		if closed {
			return errEnded
		}
		o.flush(true)
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// roomLocked returns what is closed once there is room.
func (o *outbox) roomLocked() <-chan struct{} {
	if o.room == nil {
		o.room = make(chan struct{})
	}
	return o.room
}

// signal queues a small frame, and flushes.
func (o *outbox) signal(k kind, number uint64) {
	o.mu.Lock()
	o.queued = appendSignal(o.queued, k, number)
	o.unlockAndFlush(false)
}
