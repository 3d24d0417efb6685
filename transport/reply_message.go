package transport

import (
	"math"
)

// The fields of the message Reply.
const (
	replyCode    = 1<<3 | varint
	replyText    = 2<<3 | counted
	replyTTL     = 3<<3 | varint
	replyVersion = 4<<3 | fixed64
	replyQPS     = 5<<3 | fixed64
	replyHit     = 6<<3 | varint
	replySource  = 7<<3 | counted
	replyValue   = 8<<3 | counted
	replyID      = 9<<3 | varint // in frames
)

// appendReplyTo appends the frame of the reply to a request, but for its value, of which more bytes follow.
func appendReplyTo(b []byte, id uint64, resp *Response, peer bool, value int) []byte {
	start := len(b)
	b = appendNumber(beginFrame(b, kindReply), replyID, id)
	b = appendReplyHead(b, resp, peer)
	return endFrame(appendLength(b, replyValue, value), start, value)
}

// appendReplyHead appends all of a message Reply but the value, which comes last. A client is told more than a peer.
func appendReplyHead(b []byte, resp *Response, peer bool) []byte {
	b = appendNumber(b, replyCode, uint64(resp.Code))
	b = appendText(b, replyText, resp.Text[:min(len(resp.Text), maxErrorText)])
	b = appendNumber(b, replyTTL, uint64(max(0, ceilMillis(resp.TTL))))
	b = appendFixed(b, replyQPS, math.Float64bits(resp.MinuteQPS))
	if peer {
		return appendFixed(b, replyVersion, resp.Version)
	}
	b = appendFlag(b, replyHit, resp.Hit)
	return appendText(b, replySource, resp.Source)
}

// parse reads a message Reply. The Response's value is part of b.
func (r *Response) parse(b []byte) error {
	*r = Response{}
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		r.set(f)
		b = rest
	}
	return nil
}

// parseReplyTo reads a message Reply in a frame, and to which request it is. The Response's value is part of b.
func parseReplyTo(b []byte) (resp Response, id uint64, err error) {
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return Response{}, 0, err
		}
		if f.tag == replyID {
			id = f.number
		}
		resp.set(f)
		b = rest
	}
	return resp, id, nil
}

// set takes over one field of a message Reply.
func (r *Response) set(f field) {
	switch f.tag {
	case replyCode:
		r.Code = codeNumber(f.number)
	case replyText:
		r.Text = string(f.bytes[:min(len(f.bytes), maxErrorText)])
	case replyTTL:
		r.TTL = durationOf(f.number)
	case replyVersion:
		r.Version = f.number
	case replyQPS:
		r.MinuteQPS = plausible(math.Float64frombits(f.number))
	case replyHit:
		r.Hit = f.number != 0
	case replySource:
		r.Source = string(f.bytes)
	case replyValue:
		r.Value = f.bytes
	}
}

// codeNumber is the code of a number. One that a later release may have added is no success, and final to nobody.
func codeNumber(n uint64) Code {
	if n >= uint64(numCodes) {
		return Internal
	}
	return Code(n)
}

// plausible is a rate: 0 where that is not known or makes no sense.
func plausible(qps float64) float64 {
	if !(qps > 0) || math.IsInf(qps, 0) {
		return 0
	}
	return qps
}
