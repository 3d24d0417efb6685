package transport

import (
	"context"
	"runtime"
	"slices"
	"unsafe"
)

// manyAtOnce bounds the keys of a GetMany that a session's reader looks up by itself: what comes behind it waits for that.
const manyAtOnce = 256

// manyCached is what a session's reader looks a GetMany up with, again and again.
type manyCached struct {
	keys    []string // parts of the frame, which the next one overwrites
	items   []Response
	missing []int
	replies []byte
}

// requestMany answers a GetMany at once if its handler holds all that it asks for, or has the rest of it answered.
func (h *hosted) requestMany(in *incoming) bool {
	m := &h.many
	lent := unsafe.String(unsafe.SliceData(in.value), len(in.value))
	var err error
	if m.keys, err = cutKeys(m.keys[:0], in.value, lent, manyAtOnce); err != nil {
		return h.start(in, in.request(h.came, h.group(in.group), string(in.key)))
	}
	r := in.request(h.came, h.group(in.group), "")
	r.Keys = m.keys
	m.items = slices.Grow(m.items[:0], len(m.keys))[:len(m.keys)]
	m.missing = h.server.many.ServeManyCached(r, m.items, m.missing[:0])
	defer clear(m.items) // which would keep their values from being freed
	if len(m.missing) > 0 || valuesLength(m.items) >= largeFrom {
		return h.startRest(in, r)
	}
	replies := appendReplies(m.replies[:0], m.items, in.peer)
	if m.replies = replies; len(replies) >= largeFrom {
		m.replies = nil // it waits for a lane
	}
	return h.replyWith(in.id, in.peer, &Response{}, replies)
}

// startRest has the Handler asked for those keys of a GetMany that were missing, in a goroutine of its own.
func (h *hosted) startRest(in *incoming, r Request) bool {
	ctx, refused := h.admit(in, r, len(in.value))
	if refused != nil {
		return h.reply(in.id, in.peer, refused)
	}
	rest := manyRest{slices.Clone(h.many.items), slices.Clone(h.many.missing)}
	r.Keys = rest.pick(copyKeys(h.many.keys, len(in.value)))
	id := in.id
	if !h.server.frames.spawn(&h.server.serving, func() { h.answerRest(ctx, id, r, rest) }) {
		h.leave(id)
	}
	return true
}

// manyRest is a GetMany that is answered in part.
type manyRest struct {
	items   []Response
	missing []int // indices of the others
}

// pick returns those keys that are missing.
func (m manyRest) pick(keys []string) []string {
	for i, at := range m.missing {
		keys[i] = keys[at]
	}
	return keys[:len(m.missing)]
}

// answerRest answers a GetMany once the Handler has told what is missing.
func (h *hosted) answerRest(ctx context.Context, id uint64, r Request, rest manyRest) {
	if runtime.Gosched(); ctx.Err() != nil { // as in answer
		h.leave(id)
		return
	}
	var resp Response
	if len(rest.missing) > 0 {
		resp = h.call(ctx, r)
	}
	if resp.Code == OK {
		resp = rest.with(resp.Items)
	}
	if h.leave(id) && h.reply(id, r.Peer, &resp) {
		h.out.flush(true)
	}
}

// with returns the reply to all keys, given the items of those that were missing.
func (m manyRest) with(items []Response) Response {
	if len(items) != len(m.missing) {
		return Response{Code: Internal, Text: "internal error"}
	}
	for i, at := range m.missing {
		m.items[at] = items[i]
	}
	return Response{Items: m.items}
}

// copyKeys returns keys that are parts of length bytes which will be overwritten as parts of one string.
func copyKeys(keys []string, length int) []string {
	all, copied := make([]byte, 0, length), make([]string, len(keys))
	for _, key := range keys {
		all = append(all, key...)
	}
	text, at := string(all), 0
	for i, key := range keys {
		copied[i] = text[at : at+len(key)]
		at += len(key)
	}
	return copied
}

func valuesLength(items []Response) int {
	sum := 0
	for i := range items {
		sum += len(items[i].Value)
	}
	return sum
}
