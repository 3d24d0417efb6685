package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"time"
)

var (
	errNoOp          = errors.New("no such operation")
	errUnwantedValue = errors.New("only a Set or a GetMany has a value")
	errCrowded       = fmt.Errorf("more than %d requests are under way", maxInFlight)
	errParked        = errors.New("too many large values wait to be sent")
	errRepeated      = errors.New("a request with that id is under way")
)

// start has the Handler answer a request in a goroutine of its own. One beyond the bound is refused, and not kept waiting: the
// pings behind it are answered at once.
func (h *hosted) start(in *incoming, r Request) bool {
	ctx, refused := h.admit(in, r, len(in.value))
	if refused != nil {
		return h.reply(in.id, in.peer, refused)
	}
	return h.carryOut(ctx, in, r)
}

// admit enters a request whose value is so long, unless it is refused. From then on its time runs, and it may be cancelled.
func (h *hosted) admit(in *incoming, r Request, length int) (context.Context, *Response) {
	if refused := h.limit(r, length); refused != nil {
		return nil, refused
	}
	ctx, cancel := deadline(h.ctx, in.timeout)
	if refused := h.enter(in.id, cancel); refused != nil {
		cancel()
		return nil, refused
	}
	return ctx, nil
}

// carryOut has the Handler answer a request that was admitted, and is there as a whole.
func (h *hosted) carryOut(ctx context.Context, in *incoming, r Request) bool {
	id := in.id
	if in.op == GetMany {
		var err error
		if r.Keys, err = parseKeys(in.value); err != nil {
			return !h.leave(id) || h.reply(id, in.peer, refusal(BadRequest, err))
		}
	}
	if !h.server.frames.spawn(&h.server.serving, func() { h.answer(ctx, id, r) }) {
		h.leave(id)
	}
	return true
}

// limit refuses what is longer than its group allows; nil if nothing is.
func (h *hosted) limit(r Request, length int) *Response {
	if r.Op != Set && r.Op != GetMany {
		if length > 0 {
			return refusal(BadRequest, errUnwantedValue)
		}
		return nil
	}
	most, ok := h.server.cfg.Handler.MaxValueBytes(r.Group)
	switch {
	case !ok:
		return refusal(UnknownGroup, fmt.Errorf("unknown group %q", r.Group))
	case r.Op == GetMany && length > maxKeysBytes:
		return refusal(TooLarge, fmt.Errorf("the list of keys is longer than %d bytes", maxKeysBytes))
	case r.Op == Set && length > most:
		return refusal(TooLarge, fmt.Errorf("the value is longer than %d bytes", most))
	}
	return nil
}

// enter notes a request that is under way, or refuses it.
func (h *hosted) enter(id uint64, cancel context.CancelFunc) *Response {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.underway) >= maxInFlight {
		return refusal(Overloaded, errCrowded)
	}
	if h.underway[id] != nil {
		return refusal(BadRequest, errRepeated)
	}
	h.underway[id] = cancel
	return nil
}

// leave forgets a request, and reports whether it was still under way.
func (h *hosted) leave(id uint64) bool {
	h.mu.Lock()
	cancel := h.underway[id]
	delete(h.underway, id)
	h.mu.Unlock()
	if cancel == nil {
		return false
	}
	cancel()
	return true
}

// cancel ends a request that nobody waits for any more, and drops its reply if that waits for a lane.
func (h *hosted) cancel(id uint64) {
	if !h.leave(id) {
		h.large.drop(id)
	}
}

// answer answers a request by the Handler.
func (h *hosted) answer(ctx context.Context, id uint64, r Request) {
	// What was held up on its way may be followed by its cancellation at once. A write that nobody waits for must not be
	// carried out after those that come later.
	if runtime.Gosched(); ctx.Err() != nil {
		h.leave(id)
		return
	}
	resp := h.call(ctx, r)
	if h.leave(id) && h.reply(id, r.Peer, &resp) {
		h.out.flush(true)
	}
}

// call keeps a panic in the Handler to its own request.
func (h *hosted) call(ctx context.Context, r Request) (resp Response) {
	defer func() {
		if cause := recover(); cause != nil {
			h.server.cfg.Logger.Error().Str("panic", fmt.Sprint(cause)).Bytes("stack", debug.Stack()).Msg("request handler panicked")
			resp = Response{Code: Internal, Text: "internal error"}
		}
	}()
	if r.Trace != "" {
		ctx = h.server.traced(ctx, r.Trace)
	}
	return h.server.cfg.Handler.Serve(ctx, r)
}

// receiveLarge reads a request the rest of whose value is to be read, and has it answered.
func (h *hosted) receiveLarge(rest io.Reader, f frame) error {
	head, begun, length, err := cutValue(f.message, f.rest, requestValue)
	if err != nil {
		return err
	}
	var in incoming
	if err := in.parse(head); err != nil {
		return err
	}
	r := in.request(time.Now(), string(in.group), string(in.key))
	refused := h.refuse(&in)
	var ctx context.Context
	if refused == nil {
		ctx, refused = h.admit(&in, r, length)
	}
	if refused != nil {
		if !h.reply(in.id, in.peer, refused) {
			return errEnded
		}
		h.out.flush(false)
		return skip(rest, f.rest)
	}
	if in.value, err = readValueAfter(bytes.Clone(begun), rest, length); err != nil {
		h.leave(in.id)
		return err
	}
	if r.Op == Set {
		r.Value = in.value
	}
	if !h.carryOut(ctx, &in, r) {
		return errEnded
	}
	h.out.flush(false)
	return nil
}
