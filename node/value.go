package node

import (
	"bytes"
	"time"
)

// Value is what a group holds for a key. The zero Value is an empty value that does not expire.
type Value struct {
	// Data is shared with the cache and with other callers once it is given to or taken from a group: do not change it.
	// While it is referenced, the memory around it may be kept as well; Clone it to keep it long.
	Data []byte

	// TTL is the time left to live. 0 means no expiry, or, from a Loader and in Set, the group's TTL.
	TTL time.Duration
}

// Clone returns a Value with a copy of the Data, which the caller may change and keep.
func (v Value) Clone() Value {
	return Value{Data: bytes.Clone(v.Data), TTL: v.TTL}
}

// String returns the Data as a string.
func (v Value) String() string { return string(v.Data) }
