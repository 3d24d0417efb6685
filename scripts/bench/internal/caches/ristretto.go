package caches

import "github.com/dgraph-io/ristretto/v2"

// Ristretto is dgraph-io/ristretto/v2, sampled LFU behind a TinyLFU, with the settings that its README recommends.
var Ristretto = Kind{"ristretto", newRistretto}

const (
	ristrettoCounters   = 10  // for each entry that it is expected to hold
	ristrettoEntryGuess = 512 // bytes of one, where the limit is in bytes
)

type ristrettoCache struct {
	limit Limit
	cache *ristretto.Cache[string, []byte]
}

func newRistretto(limit Limit) (Cache, error) {
	entries := int64(limit.Entries)
	if entries == 0 {
		entries = limit.Bytes/ristrettoEntryGuess + 1
	}
	cache, err := ristretto.NewCache(&ristretto.Config[string, []byte]{
		NumCounters: ristrettoCounters * entries, MaxCost: limit.total(), BufferItems: 64, IgnoreInternalCost: true,
		Metrics: false,
	})
	return ristrettoCache{limit, cache}, err
}

func (c ristrettoCache) Get(key string) ([]byte, bool) { return c.cache.Get(key) }
func (c ristrettoCache) Set(key string, value []byte) {
	c.cache.Set(key, value, c.limit.weight(key, value))
}
func (c ristrettoCache) Settle() { c.cache.Wait() }
func (c ristrettoCache) Close()  { c.cache.Close() }

// Len counts: ristretto does not tell.
func (c ristrettoCache) Len() int {
	n := 0
	c.cache.IterValues(func([]byte) bool { n++; return false })
	return n
}
