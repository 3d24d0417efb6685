package transport

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of the message Reply.
const (
	replyCode    protowire.Number = 1
	replyText    protowire.Number = 2
	replyTTL     protowire.Number = 3
	replyVersion protowire.Number = 4
	replyQPS     protowire.Number = 5
	replyHit     protowire.Number = 6
	replySource  protowire.Number = 7
	replyValue   protowire.Number = 8
)

// appendReply appends resp as a message Reply: its head and, last, its value. A client is told more than a peer.
func appendReply(b []byte, resp *Response, peer bool) []byte {
	return appendText(appendReplyHead(b, resp, peer), replyValue, resp.Value)
}

// appendReplyHead appends all of a message Reply but the value.
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

// parseReply reads a message Reply. The Response's value is part of b.
func parseReply(b []byte) (Response, error) {
	var resp Response
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return Response{}, err
		}
		resp.set(f)
		b = rest
	}
	return resp, nil
}

// set takes over one field of a message Reply.
func (r *Response) set(f field) {
	switch f.id {
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
