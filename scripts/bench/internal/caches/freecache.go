package caches

import "github.com/coocood/freecache"

// Freecache is coocood/freecache: rings of bytes, from which a Get copies. It is bounded in bytes, its own among them; a limit in
// entries is taken for as many small ones.
var Freecache = Kind{"freecache", newFreecache}

// smallEntry is what a key of 16 bytes and a value of 100 take in the rings of freecache and bigcache.
const smallEntry = 140

type freeCache struct {
	settled
	cache *freecache.Cache
}

func newFreecache(limit Limit) (Cache, error) {
	return freeCache{cache: freecache.NewCache(int(limit.ringBytes()))}, nil
}

// ringBytes is the limit of a cache whose entries lie in rings of bytes.
func (l Limit) ringBytes() int64 {
	if l.Entries > 0 {
		return int64(l.Entries) * smallEntry
	}
	return l.Bytes
}

func (c freeCache) Get(key string) ([]byte, bool) {
	value, err := c.cache.Get([]byte(key))
	return value, err == nil
}

func (c freeCache) Set(key string, value []byte) {
	c.cache.Set([]byte(key), value, 0) //nolint:errcheck // what is too large is not stored
}

func (c freeCache) Len() int { return int(c.cache.EntryCount()) }
