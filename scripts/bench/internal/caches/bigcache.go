package caches

import (
	"context"
	"time"

	"github.com/allegro/bigcache/v3"
)

// Bigcache is allegro/bigcache: rings of bytes, from which a Get copies, and which forget the oldest. Its limit is in MiB, and
// does not count its index.
var Bigcache = Kind{"bigcache", newBigcache}

type bigCache struct {
	cache *bigcache.BigCache
}

func newBigcache(limit Limit) (Cache, error) {
	config := bigcache.DefaultConfig(24 * time.Hour)
	config.Verbose = false
	config.MaxEntriesInWindow, config.MaxEntrySize = int(limit.ringBytes()/smallEntry), smallEntry
	config.HardMaxCacheSize = int(limit.ringBytes()>>20) + 1
	cache, err := bigcache.New(context.Background(), config)
	return bigCache{cache}, err
}

func (c bigCache) Get(key string) ([]byte, bool) {
	value, err := c.cache.Get(key)
	return value, err == nil
}

func (c bigCache) Set(key string, value []byte) {
	c.cache.Set(key, value) //nolint:errcheck // what is too large is not stored
}

func (c bigCache) Len() int { return c.cache.Len() }
func (c bigCache) Settle()  {}
func (c bigCache) Close()   { c.cache.Close() }
