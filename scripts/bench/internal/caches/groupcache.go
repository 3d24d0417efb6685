package caches

import (
	"sync"

	"github.com/golang/groupcache/lru"
)

// Groupcache is golang/groupcache's lru under one lock, which is what its Group holds values in.
var Groupcache = Kind{"groupcache", newGroupcache}

type groupCache struct {
	settled
	limit Limit

	mu   sync.Mutex // guards following
	used int64
	lru  *lru.Cache
}

func newGroupcache(limit Limit) (Cache, error) {
	c := &groupCache{limit: limit, lru: lru.New(0)}
	c.lru.OnEvicted = func(key lru.Key, value any) { c.used -= limit.weight(key.(string), value.([]byte)) }
	return c, nil
}

func (c *groupCache) Get(key string) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	value, ok := c.lru.Get(key)
	if !ok {
		return nil, false
	}
	return value.([]byte), true
}

func (c *groupCache) Set(key string, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(key)
	c.lru.Add(key, value)
	c.used += c.limit.weight(key, value)
	for c.used > c.limit.total() {
		c.lru.RemoveOldest()
	}
}

func (c *groupCache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Len()
}
