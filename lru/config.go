package lru

import "fmt"

const (
	// DefaultMaxBytes is the budget of a Cache whose Config names none: 64 MiB.
	DefaultMaxBytes = 64 << 20

	// MinMaxBytes is the smallest budget that New accepts: 2 KiB.
	MinMaxBytes = 2 << 10

	// DefaultHotShare is the share of the budget that hot copies may take where
	// the Config names none. One eighth is the ratio of groupcache's hot cache to
	// its main cache.
	DefaultHotShare = 1.0 / 8

	// MaxEntryShare is the share of the budget that one entry may take. A larger
	// one is not stored, for it would evict most of what the cache holds.
	MaxEntryShare = 1.0 / 2

	// EntryOverhead is what an entry takes beside its record, which is its key, its
	// value and a header of 3 to 25 bytes: its slot in the index and its ghosts.
	EntryOverhead = 18
)

// Config holds the settings of a Cache. The zero value of each field is a good
// default.
type Config struct {
	// MaxBytes is the budget: all the memory that grows with what the cache
	// holds. That is keys, values and their headers, the index, what is remembered
	// of keys that are gone, and room that is not in use at the moment. What the
	// collector has yet to free comes on top.
	// If zero, DefaultMaxBytes. It must be at least MinMaxBytes.
	MaxBytes int64

	// HotShare is the share of MaxBytes, above 0 and at most 1, that entries of
	// kind Hot may take. It is an upper bound, and it is what they keep: while
	// any owned entry is left, an owned entry evicts owned ones.
	// If zero, DefaultHotShare.
	HotShare float64
}

func (c Config) withDefaults() Config {
	if c.MaxBytes == 0 {
		c.MaxBytes = DefaultMaxBytes
	}
	if c.HotShare == 0 {
		c.HotShare = DefaultHotShare
	}
	return c
}

func (c Config) validate() error {
	if c.MaxBytes < MinMaxBytes {
		return fmt.Errorf("lru: MaxBytes is %d, and must be at least %d", c.MaxBytes, int64(MinMaxBytes))
	}
	if !(c.HotShare > 0 && c.HotShare <= 1) { // so written, it refuses NaN
		return fmt.Errorf("lru: HotShare is %v, and must be above 0 and at most 1", c.HotShare)
	}
	return nil
}
