package transport

import (
	"bytes"
	"context"
	"net"
	"slices"
	"sync"
	"time"
	"unsafe"
)

const (
	// hostedIdle is how long nothing may come on a session before it is given up: a client pings more often.
	hostedIdle = 2*pingIdle + 30*time.Second

	// sendTimeout bounds a write to a client that does not read.
	sendTimeout = 30 * time.Second

	// maxInterned bounds the names of groups that a session remembers.
	maxInterned = 256
)

// trust is what a session's client may ask.
type trust struct {
	member      bool // everything: it has proved that it knows the key, or there is none
	local       bool // what clients on this machine may, or those with a token
	clientsOnly bool // nothing that members ask
}

// hosted is a server's side of a session.
type hosted struct {
	server *Server
	id     string
	conn   net.Conn
	in     *frameReader
	out    *outbox
	known  chan struct{} // closed once there are:
	trust  trust
	key    []byte            // that the client has proved to know; nil: none
	came   time.Time         // when the requests came that are being read; the first lane's reader's own
	groups map[string]string // names of groups, so that they are not allocated anew
	many   manyCached        // the first lane's reader's own
	large  largeReplies

	ctx context.Context // ends with the session
	end context.CancelFunc

	mu       sync.Mutex
	underway map[uint64]context.CancelFunc // guarded by mu; requests that Serve answers
	heard    time.Time                     // guarded by mu; when a request last came, roughly
}

func newHosted(g *guest) *hosted {
	h := &hosted{
		server: g.server, id: g.handshake.session, conn: g.conn, in: g.in,
		known: make(chan struct{}), trust: trust{local: g.local, clientsOnly: g.clientsOnly},
		out:    newClosedOutbox(g.conn, sendTimeout),
		groups: map[string]string{}, underway: map[uint64]context.CancelFunc{}, heard: time.Now(),
	}
	h.came = h.heard
	h.ctx, h.end = context.WithCancel(g.server.ctx)
	h.large.init()
	return h
}

// run serves the session's first lane until the session ends. Its client has proved that it knows key, nil for none, and is a member
// or not.
func (h *hosted) run(key []byte, member bool, first *frame) {
	h.came = time.Now() // what came with the proof did so only now
	h.key, h.trust.member = key, member
	close(h.known)
	var work sync.WaitGroup
	work.Go(func() { h.out.run(h.ctx.Done()) })
	if h.conn.SetReadDeadline(h.came.Add(hostedIdle)) == nil {
		h.serve(first)
	}
	h.quit()
	work.Wait()
}

// serve reads requests and answers those at once that can be, all that came together by one write.
func (h *hosted) serve(first *frame) {
	if first != nil && !h.handle(*first) {
		return
	}
	for {
		wait := !h.in.buffered()
		if wait {
			h.out.flush(false)
			if !h.extend() {
				return
			}
		}
		f, err := h.in.small()
		if wait {
			h.came = time.Now()
		}
		if err != nil || !h.handle(f) {
			return
		}
	}
}

// extend gives the client time for its next request. Not for each anew: that takes longer than to answer it.
func (h *hosted) extend() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.came.Sub(h.heard) < time.Second {
		return true
	}
	h.heard = h.came
	return h.conn.SetReadDeadline(h.came.Add(hostedIdle)) == nil
}

// handle takes one frame, and reports whether the session goes on.
func (h *hosted) handle(f frame) bool {
	switch f.kind {
	case kindRequest:
		var in incoming
		if in.parse(f.message) != nil {
			return false
		}
		return h.request(&in)
	case kindCancel, kindPing:
		number, err := parseSignal(f.message)
		if f.kind == kindPing {
			return err == nil && h.signal(kindPong, number)
		}
		h.cancel(number)
		return err == nil
	}
	return true
}

// request answers a request at once, or has it answered.
func (h *hosted) request(in *incoming) bool {
	if refused := h.refuse(in); refused != nil {
		return h.reply(in.id, in.peer, refused)
	}
	if h.server.cached != nil && in.op == Get {
		// The key is only lent, as ServeCached's contract has it: it is overwritten by the next frames.
		key := unsafe.String(unsafe.SliceData(in.key), len(in.key))
		if resp, ok := h.server.cached.ServeCached(in.request(h.came, h.group(in.group), key)); ok {
			return h.reply(in.id, in.peer, &resp)
		}
	}
	if h.server.many != nil && in.op == GetMany && in.peer {
		return h.requestMany(in)
	}
	r := in.request(h.came, h.group(in.group), string(in.key))
	if in.op == Set {
		r.Value = append([]byte{}, in.value...)
	}
	return h.start(in, r)
}

// refuse tells what is wrong with a request; nil if nothing is.
func (h *hosted) refuse(in *incoming) *Response {
	switch {
	case in.peer && h.trust.clientsOnly:
		return refusal(Unauthorized, errClientsOnly)
	case !h.trust.member && (in.peer || !h.trust.local) && h.server.verifier.keyring.keys.Load().required():
		h.server.refused.Warn().Stringer("from", h.conn.RemoteAddr()).Err(errUnsigned).Msg("request refused")
		return refusal(Unauthorized, errUnsigned)
	case in.op > GetMany:
		return refusal(BadRequest, errNoOp)
	case len(in.group) == 0:
		return refusal(BadRequest, errNoGroup)
	}
	return nil
}

// group is the name of a group as a string.
func (h *hosted) group(name []byte) string {
	if known, ok := h.groups[string(name)]; ok {
		return known
	}
	if len(h.groups) >= maxInterned {
		clear(h.groups)
	}
	h.groups[string(name)] = string(name)
	return h.groups[string(name)]
}

// reply queues the reply to a request, and reports whether it could be.
func (h *hosted) reply(id uint64, peer bool, resp *Response) bool {
	value := resp.Value
	if resp.Items != nil && resp.Code == OK {
		value = appendReplies(nil, bounded(resp.Items), peer)
	}
	return h.replyWith(id, peer, resp, value)
}

// replyWith is reply with a value.
func (h *hosted) replyWith(id uint64, peer bool, resp *Response, value []byte) bool {
	if len(value) >= largeFrom {
		return h.replyLarge(id, peer, resp, value)
	}
	if h.out.lock(h.ctx) != nil {
		return false
	}
	h.out.queued = append(appendReplyTo(h.out.queued, id, resp, peer, len(value)), value...)
	enough := len(h.out.queued) >= flushFrom
	h.out.mu.Unlock()
	if enough {
		h.out.flush(false)
	}
	return true
}

// signal is the outbox's, once there is room: whoever reads nothing is not to fill the memory.
func (h *hosted) signal(k kind, number uint64) bool {
	if h.out.lock(h.ctx) != nil {
		return false
	}
	h.out.queued = appendSignal(h.out.queued, k, number)
	h.out.unlockAndFlush(false)
	return true
}

// goAway asks the client to send no more requests here.
func (h *hosted) goAway() { h.out.signal(kindGoAway, 0) }

// idle reports whether the session has had nothing to do for a while.
func (h *hosted) idle(since time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.underway) == 0 && h.heard.Before(since) && h.large.idle()
}

// trusts reports whether the session may go on with other keys.
func (h *hosted) trusts(k *keys) bool {
	select {
	case <-h.known:
	default:
		return false
	}
	if !k.required() {
		return h.trust.member
	}
	return slices.ContainsFunc(k.accept, func(key []byte) bool { return bytes.Equal(key, h.key) })
}
