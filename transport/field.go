package transport

import (
	"errors"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

var errMalformed = errors.New("malformed protobuf")

// field is one field of a message in protobuf. Which of number and bytes counts depends on the field.
type field struct {
	id     protowire.Number
	number uint64
	bytes  []byte // part of the message
}

// nextField cuts the first field off b. One of a wire type that no message here uses comes as it is, and empty.
func nextField(b []byte) (f field, rest []byte, err error) {
	id, wire, n := protowire.ConsumeTag(b)
	if n < 0 {
		return field{}, nil, errMalformed
	}
	f.id, b = id, b[n:]
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
func appendNumber(b []byte, id protowire.Number, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, id, protowire.VarintType), n)
}

func appendFixed(b []byte, id protowire.Number, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendFixed64(protowire.AppendTag(b, id, protowire.Fixed64Type), n)
}

func appendFlag(b []byte, id protowire.Number, set bool) []byte {
	if !set {
		return b
	}
	return append(protowire.AppendTag(b, id, protowire.VarintType), 1)
}

// appendText appends bytes unless there are none.
func appendText[T ~string | ~[]byte](b []byte, id protowire.Number, text T) []byte {
	if len(text) == 0 {
		return b
	}
	b = protowire.AppendVarint(protowire.AppendTag(b, id, protowire.BytesType), uint64(len(text)))
	return append(b, text...)
}

// durationOf is a number of milliseconds, at most the longest Duration.
func durationOf(ms uint64) time.Duration {
	return time.Duration(min(ms, math.MaxInt64/uint64(time.Millisecond))) * time.Millisecond
}
