package transport

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

var errMalformed = errors.New("malformed protobuf")

// tag is a field's number and its wire type, as they go before it on the wire. A field of another wire type than the protocol
// has for its number is one that is not known, and skipped.
type tag uint64

// The wire types that the messages use.
const (
	varint  tag = tag(protowire.VarintType)
	fixed64 tag = tag(protowire.Fixed64Type)
	counted tag = tag(protowire.BytesType)

	wireType tag = 7 // the bits of a tag that tell it
)

// field is one field of a message in protobuf. Which of number and bytes counts depends on the field.
type field struct {
	tag    tag
	number uint64
	bytes  []byte // part of the message
}

// nextField cuts the first field off b.
func nextField(b []byte) (f field, rest []byte, err error) {
	if len(b) < 2 || b[0] < 1<<3 || b[0] >= 0x80 {
		return anyField(b)
	}
	// As all tags of the messages here, this one is one byte, and so are most lengths and numbers.
	switch f.tag = tag(b[0]); {
	case f.tag&wireType == fixed64 && len(b) >= 9:
		f.number = binary.LittleEndian.Uint64(b[1:])
		return f, b[9:], nil
	case f.tag&wireType == varint && b[1] < 0x80:
		f.number = uint64(b[1])
		return f, b[2:], nil
	case f.tag&wireType == counted && b[1] < 0x80 && len(b)-2 >= int(b[1]):
		end := 2 + int(b[1])
		f.bytes = b[2:end]
		return f, b[end:], nil
	}
	return anyField(b)
}

// anyField is nextField for whatever field that is.
func anyField(b []byte) (f field, rest []byte, err error) {
	id, wire, n := protowire.ConsumeTag(b)
	if n < 0 {
		return field{}, nil, errMalformed
	}
	f.tag, b = tag(id)<<3|tag(wire), b[n:]
	switch wire {
	case protowire.VarintType:
		f.number, n = protowire.ConsumeVarint(b)
	case protowire.Fixed64Type:
		f.number, n = protowire.ConsumeFixed64(b)
	case protowire.BytesType:
		f.bytes, n = protowire.ConsumeBytes(b)
	default:
		n = protowire.ConsumeFieldValue(id, wire, b)
	}
	if n < 0 {
		return field{}, nil, errMalformed
	}
	return f, b[n:], nil
}

// appendNumber appends a number unless it is zero, as a reader takes it then.
func appendNumber(b []byte, t tag, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendVarint(b, uint64(t)), n)
}

func appendFixed(b []byte, t tag, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendFixed64(protowire.AppendVarint(b, uint64(t)), n)
}

func appendFlag(b []byte, t tag, set bool) []byte {
	if !set {
		return b
	}
	return append(protowire.AppendVarint(b, uint64(t)), 1)
}

// appendText appends bytes unless there are none.
func appendText[T ~string | ~[]byte](b []byte, t tag, text T) []byte {
	return append(appendLength(b, t, len(text)), text...)
}

// appendLength appends the beginning of a field of n bytes, unless that is none.
func appendLength(b []byte, t tag, n int) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendVarint(b, uint64(t)), uint64(n))
}

// durationOf is a number of milliseconds, at most the longest Duration.
func durationOf(ms uint64) time.Duration {
	return time.Duration(min(ms, math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
}
