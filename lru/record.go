package lru

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"
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
	leastRecord = 8 // bytes that a chunk has room for, however short a record is
	maxRecord   = math.MaxInt32 - 1<<20
	nearTime    = 1<<56 - 1
	timeShift   = 64 - 56
)

// A header tells what a record is, and where in its chunk its parts lie.
type header struct {
	flags byte
	key   uint32 // where the key begins, behind all that is of one length or another by the flags
	value uint32 // where the value begins and the key ends
	end   uint32
}

// headerLengths are the lengths of all that is before the key, by flags.
var headerLengths = func() (lengths [1 << 8]uint8) {
	for flags := range lengths {
		d := draft{flags: byte(flags)}
		lengths[flags] = uint8(d.size())
	}
	return lengths
}()

// A start is the first 8 bytes of a record. Unless its key is long, the lengths of key and value are among them.
type start uint64

func (s start) flags() byte { return byte(s) }

func (s start) kind() Kind { return Kind(s & flagHot) }

// length is that of all that is before the key.
func (s start) length() uint32 { return uint32(headerLengths[byte(s)]) }

// hasKeyOf reports whether the key is a short one of that length.
func (s start) hasKeyOf(length int) bool { return s&(shortLength<<8|flagLongKey) == start(length)<<8 }

func (s start) keyLength() uint32 { return uint32(s >> 8 & shortLength) }

func (s start) valueLength() uint32 {
	if s&flagLongValue == 0 {
		return uint32(s >> 16 & shortLength)
	}
	return uint32(s >> 16)
}

// start returns the first bytes of the record that begins at an offset: there are leastRecord at the least.
func (ch *chunk) start(off uint32) start { return start(ch.load(off)) }

// at returns the header of the record that begins at an offset.
func (ch *chunk) at(off uint32) header {
	s := ch.start(off)
	h := header{flags: s.flags(), key: off + s.length()}
	if h.flags&flagLongKey == 0 {
		h.value = h.key + s.keyLength()
		h.end = h.value + s.valueLength()
		return h
	}
	lengths := ch.data[off+1:]
	h.value = h.key + binary.LittleEndian.Uint32(lengths)
	if h.flags&flagLongValue == 0 {
		h.end = h.value + uint32(lengths[4])
	} else {
		h.end = h.value + binary.LittleEndian.Uint32(lengths[4:])
	}
	return h
}

// bytes returns a stretch of ch, which is one that a record tells of: where that lies within ch is not checked again.
func (ch *chunk) bytes(off, length uint32) []byte {
	if length == 0 {
		return ch.data[:0:0] // at the end of a chunk, a pointer to behind it would be one to something else
	}
	return (*[maxRecord]byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(ch.data)), off))[:length:length]
}

// load returns the 8 bytes at an offset, as a number.
func (ch *chunk) load(off uint32) uint64 { return binary.LittleEndian.Uint64(ch.bytes(off, 8)) }

// A stored is a record where it lies.
type stored struct {
	chunk *chunk
	header
}

func (h header) kind() Kind { return Kind(h.flags & flagHot) }

func (s stored) keyBytes() []byte { return s.chunk.bytes(s.key, s.value-s.key) }

func (s stored) valueBytes() []byte { return s.chunk.bytes(s.value, s.end-s.value) }

// expire returns when the record expires, on the cache's clock: 0 if it never does.
func (s stored) expire() int64 {
	if s.flags&flagExpires == 0 {
		return 0
	}
	behind := s.key
	if s.flags&flagVersion != 0 {
		behind -= timeLength(s.flags&flagFarVersion != 0)
	}
	if s.flags&flagFarExpiry != 0 {
		return int64(s.chunk.load(behind - 8))
	}
	return int64(s.chunk.load(behind-8) >> timeShift)
}

func (s stored) expired(now int64) bool { return s.flags&flagExpires != 0 && s.expire() <= now }

// version returns the entry's.
func (s stored) version(base uint64) uint64 {
	switch {
	case s.flags&flagVersion == 0:
		return 0
	case s.flags&flagFarVersion != 0:
		return s.chunk.load(s.key - 8)
	}
	return base + s.chunk.nearVersion(s.key)
}

// nearVersion returns the version before a key, which is counted from the cache's base.
func (ch *chunk) nearVersion(key uint32) uint64 { return uint64(int64(ch.load(key-8)) >> timeShift) }

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

// timeLength returns how many bytes a time or a version takes.
func timeLength(far bool) uint32 {
	if far {
		return 8
	}
	return 7
}

func appendTime(b []byte, t int64, far bool) []byte {
	if far {
		return binary.LittleEndian.AppendUint64(b, uint64(t))
	}
	return append(b, byte(t), byte(t>>8), byte(t>>16), byte(t>>24), byte(t>>32), byte(t>>40), byte(t>>48))
}
