package caches

import (
	"math"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// LRU evicts what was used longest ago. It is not safe for concurrent use.
var LRU = Kind{"LRU", newLRU}

type leastRecent struct {
	settled
	limit Limit
	used  int64
	lru   *simplelru.LRU[string, []byte]
}

func newLRU(limit Limit) (Cache, error) {
	c := &leastRecent{limit: limit}
	var err error
	c.lru, err = simplelru.NewLRU(math.MaxInt, func(key string, value []byte) { c.used -= limit.weight(key, value) })
	return c, err
}

func (c *leastRecent) Get(key string) ([]byte, bool) { return c.lru.Get(key) }

func (c *leastRecent) Set(key string, value []byte) {
	c.lru.Remove(key)
	c.lru.Add(key, value)
	c.used += c.limit.weight(key, value)
	for c.used > c.limit.total() {
		c.lru.RemoveOldest()
	}
}

func (c *leastRecent) Len() int { return c.lru.Len() }
