package lru

import (
	"encoding/binary"
	"math"
	"time"
)

// A record is an entry as bytes: flags, the lengths of key and value in one byte
// each or in four, when it expires and its version if it has them in seven bytes
// each or in eight, the key, the value. It means the same wherever it lies, so
// that it is moved by copying.
const (
	flagHot = 1 << iota
	flagAbsent
	flagLongKey
	flagLongValue
	flagExpires
	flagFarExpiry // beyond 2 years from when the cache was made
	flagVersion
	flagFarVersion // by more than a year from the nanoseconds when it was made
)

const (
	shortLength = math.MaxUint8
	maxHeader   = 1 + 4 + 4 + 8 + 8
	maxRecord   = math.MaxInt32 - 1<<20
	nearTime    = 1<<56 - 1
	timeShift   = 64 - 56
)

// A header is the beginning of a record, and where the rest of it lies.
type header struct {
	flags    byte
	key      uint32 // where the key begins
	value    uint32 // where the value begins and the key ends
	end      uint32
	expire   int64 // on the cache's clock; 0 if never
	versions uint32
}

// at returns the header of the record that begins at an offset.
func (ch *chunk) at(off uint32) (h header) {
	ch.read(off, &h)
	return h
}

func (ch *chunk) read(off uint32, h *header) {
	data := ch.data
	h.flags = data[off]
	pos := off + 1
	var key, value uint32
	if h.flags&flagLongKey == 0 {
		key = uint32(data[pos])
		pos++
	} else {
		key = binary.LittleEndian.Uint32(data[pos:])
		pos += 4
	}
	if h.flags&flagLongValue == 0 {
		value = uint32(data[pos])
		pos++
	} else {
		value = binary.LittleEndian.Uint32(data[pos:])
		pos += 4
	}
	h.expire = 0
	if h.flags&flagExpires != 0 {
		if h.flags&flagFarExpiry == 0 {
			h.expire = int64(binary.LittleEndian.Uint64(data[pos-1:]) >> timeShift)
			pos += 7
		} else {
			h.expire = int64(binary.LittleEndian.Uint64(data[pos:]))
			pos += 8
		}
	}
	h.versions = pos
	if h.flags&flagVersion != 0 {
		pos += 7
		if h.flags&flagFarVersion != 0 {
			pos++
		}
	}
	h.key, h.value, h.end = pos, pos+key, pos+key+value
}

func (h *header) kind() Kind { return Kind(h.flags & flagHot) }

func (h *header) expired(now int64) bool { return h.expire != 0 && h.expire <= now }

// version reads the version of h, which was read from ch.
func (ch *chunk) version(h *header, base uint64) uint64 {
	switch {
	case h.flags&flagVersion == 0:
		return 0
	case h.flags&flagFarVersion == 0:
		return base + uint64(int64(binary.LittleEndian.Uint64(ch.data[h.versions-1:]))>>timeShift)
	}
	return binary.LittleEndian.Uint64(ch.data[h.versions:])
}

// A draft is an entry that is to become a record.
type draft struct {
	flags   byte
	key     string
	value   []byte
	expire  int64
	version int64 // less the cache's base, unless flagFarVersion
}

func newDraft(key string, e *Entry, now int64, base uint64) draft {
	d := draft{key: key, value: e.Value, flags: byte(e.Kind) & flagHot, expire: expiry(e.TTL, now)}
	if e.Absent {
		d.flags |= flagAbsent
		d.value = nil
	}
	if len(d.key) > shortLength {
		d.flags |= flagLongKey
	}
	if len(d.value) > shortLength {
		d.flags |= flagLongValue
	}
	if d.expire != 0 {
		d.flags |= flagExpires
		if d.expire > nearTime {
			d.flags |= flagFarExpiry
		}
	}
	if e.Version != 0 {
		d.flags |= flagVersion
		d.version = int64(e.Version - base)
		if d.version != d.version<<timeShift>>timeShift {
			d.flags |= flagFarVersion
			d.version = int64(e.Version)
		}
	}
	return d
}

// expiry returns when an entry expires: ttl after now, or 0 if never.
func expiry(ttl time.Duration, now int64) int64 {
	switch at := now + int64(ttl); {
	case ttl == 0:
		return 0
	case at < now:
		return math.MaxInt64 // 292 years: the sum overflowed
	default:
		return max(at, 1)
	}
}

func (d *draft) kind() Kind { return Kind(d.flags & flagHot) }

// size returns how long the record will be.
func (d *draft) size() int {
	f := int(d.flags)
	n := 3 + len(d.key) + len(d.value)
	n += 3*(f/flagLongKey&1) + 3*(f/flagLongValue&1)
	n += 7*(f/flagExpires&1) + f/flagFarExpiry&1
	return n + 7*(f/flagVersion&1) + f/flagFarVersion&1
}

// appendTo writes the record behind what is in b.
func (d *draft) appendTo(b []byte) []byte {
	b = append(b, d.flags)
	b = appendLength(b, len(d.key), d.flags&flagLongKey != 0)
	b = appendLength(b, len(d.value), d.flags&flagLongValue != 0)
	if d.flags&flagExpires != 0 {
		b = appendTime(b, d.expire, d.flags&flagFarExpiry != 0)
	}
	if d.flags&flagVersion != 0 {
		b = appendTime(b, d.version, d.flags&flagFarVersion != 0)
	}
	b = append(b, d.key...)
	return append(b, d.value...)
}

func appendLength(b []byte, n int, long bool) []byte {
	if long {
		return binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return append(b, byte(n))
}

func appendTime(b []byte, t int64, far bool) []byte {
	if far {
		return binary.LittleEndian.AppendUint64(b, uint64(t))
	}
	return append(b, byte(t), byte(t>>8), byte(t>>16), byte(t>>24), byte(t>>32), byte(t>>40), byte(t>>48))
}
