// Package caches gives the in-process caches that are measured beside each other one interface.
package caches

// Cache is a bounded map from keys to values. A Cache is safe for concurrent use where its constructor does not say
// otherwise. Values are shared and read-only.
type Cache interface {
	Get(key string) ([]byte, bool)
	Set(key string, value []byte)

	// Len is the number of entries held.
	Len() int

	// Settle waits until what was Set before is admitted or refused: some caches decide later, and would be measured
	// by the speed of the replay instead of by their policy.
	Settle()

	// Close ends the cache's goroutines.
	Close()
}

// Limit bounds a Cache: in entries, or, where that is 0, in bytes of keys and values.
type Limit struct {
	Entries int
	Bytes   int64
}

// weight is what an entry counts for against the limit.
func (l Limit) weight(key string, value []byte) int64 {
	if l.Entries > 0 {
		return 1
	}
	return int64(len(key) + len(value))
}

// total is the sum of weights that the limit allows.
func (l Limit) total() int64 {
	if l.Entries > 0 {
		return int64(l.Entries)
	}
	return l.Bytes
}

// Kind is a way to make a Cache.
type Kind struct {
	Name string
	New  func(Limit) (Cache, error)
}

// settled is embedded by caches whose Set has taken effect when it returns, and that start no goroutine.
type settled struct{}

func (settled) Settle() {}
func (settled) Close()  {}
