package lru

import (
	"strconv"
	"time"
)

// Kind tells what an entry is to the holder of the cache.
type Kind uint8

const (
	// Owned is the kind of an entry that the holder answers for.
	Owned Kind = iota
	// Hot is the kind of a short-lived copy of an entry that somebody else owns.
	Hot
)

// String returns "owned" or "hot".
func (k Kind) String() string {
	switch k {
	case Owned:
		return "owned"
	case Hot:
		return "hot"
	}
	return "Kind(" + strconv.Itoa(int(k)) + ")"
}

// Entry is what a Cache holds for a key.
type Entry struct {
	// Value is shared between the cache and everybody who got it, and is
	// read-only once it is stored.
	Value []byte

	// TTL is the time left to live. If zero, the entry does not expire. An entry
	// stored with a negative TTL has expired already.
	TTL time.Duration

	// Kind is Owned or Hot.
	Kind Kind

	// Absent says that the key is known not to exist. Such an entry has no Value;
	// one that is given is not stored.
	Absent bool

	// Version is the holder's: the cache keeps it and does not look at it.
	Version uint64
}
