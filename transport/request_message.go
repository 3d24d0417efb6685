package transport

import (
	"errors"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The fields of the message Request.
const (
	requestID         = 1<<3 | varint
	requestOp         = 2<<3 | varint
	requestGroup      = 3<<3 | counted
	requestKey        = 4<<3 | counted
	requestTimeout    = 5<<3 | varint
	requestTTL        = 6<<3 | varint
	requestPeer       = 7<<3 | varint
	requestCachedOnly = 8<<3 | varint
	requestVersion    = 9<<3 | fixed64
	requestValue      = 10<<3 | counted
	requestTrace      = 11<<3 | counted
)

var errLargeHead = errors.New("a frame's value does not come last, or too late")

// appendRequest appends the frame of a request that has left of its deadline what timeout says, 0 for no deadline, but for
// its value, of which more bytes follow.
func appendRequest(b []byte, id uint64, r *Request, timeout time.Duration, value int) []byte {
	start := len(b)
	b = beginFrame(b, kindRequest)
	b = appendNumber(b, requestID, id)
	b = appendNumber(b, requestOp, uint64(r.Op))
	b = appendText(b, requestGroup, r.Group)
	b = appendText(b, requestKey, r.Key)
	b = appendNumber(b, requestTimeout, uint64(ceilMillis(timeout)))
	b = appendNumber(b, requestTTL, uint64(max(0, ceilMillis(r.TTL))))
	b = appendFlag(b, requestPeer, r.Peer)
	b = appendFlag(b, requestCachedOnly, r.CachedOnly)
	if r.Peer {
		b = appendFixed(b, requestVersion, r.Version)
	}
	if r.Trace != "" {
		b = appendText(b, requestTrace, carriedTrace(r.Trace))
	}
	return endFrame(appendLength(b, requestValue, value), start, value)
}

// incoming is a request as it came. Its bytes are part of the frame's.
type incoming struct {
	id         uint64
	op         Op
	group, key []byte
	timeout    time.Duration // 0: none
	ttl        time.Duration
	peer       bool
	cachedOnly bool
	version    uint64
	value      []byte
	trace      []byte
}

// parse reads a message Request.
func (in *incoming) parse(b []byte) error {
	*in = incoming{}
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return err
		}
		in.set(f)
		b = rest
	}
	return nil
}

func (in *incoming) set(f field) {
	switch f.tag {
	case requestID:
		in.id = f.number
	case requestOp:
		in.op = Op(min(f.number, 255))
	case requestGroup:
		in.group = f.bytes
	case requestKey:
		in.key = f.bytes
	case requestTimeout:
		in.timeout = durationOf(f.number)
	case requestTTL:
		in.ttl = durationOf(f.number)
	case requestPeer:
		in.peer = f.number != 0
	case requestCachedOnly:
		in.cachedOnly = f.number != 0
	case requestVersion:
		in.version = f.number
	case requestValue:
		in.value = f.bytes
	case requestTrace:
		in.trace = f.bytes
	}
}

// request is in as a Handler is asked it, without its value, with group and key as the caller makes them of the bytes.
func (in *incoming) request(at time.Time, group, key string) Request {
	r := Request{Op: in.op, Group: group, Key: key, Peer: in.peer, At: at}
	switch in.op {
	case Get, GetMany:
		r.CachedOnly = in.cachedOnly
	case Set:
		r.TTL = in.ttl
	}
	if in.peer {
		r.Version = in.version
	}
	if len(in.trace) > 0 {
		r.Trace = carriedTrace(string(in.trace))
	}
	return r
}

// cutValue splits the beginning of a message, of which rest bytes are not there yet, before the field that brings its
// value, which must be the last one: what is before it, the beginning of the value, and the value's length.
func cutValue(b []byte, rest int, t tag) (head, begun []byte, length int, err error) {
	for at := 0; at < len(b); {
		num, wire, n := protowire.ConsumeTag(b[at:])
		if n < 0 {
			break
		}
		if tag(num)<<3|tag(wire) == t {
			size, m := protowire.ConsumeVarint(b[at+n:])
			if begun = b[at+n+max(m, 0):]; m < 0 || size != uint64(len(begun)+rest) {
				break
			}
			return b[:at], begun, int(size), nil
		}
		skipped := protowire.ConsumeFieldValue(num, wire, b[at+n:])
		if skipped < 0 {
			break
		}
		at += n + skipped
	}
	return nil, nil, 0, errLargeHead
}
