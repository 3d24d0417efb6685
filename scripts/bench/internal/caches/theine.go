package caches

import "github.com/Yiling-J/theine-go"

// Theine is Yiling-J/theine-go, W-TinyLFU with an adaptive window.
var Theine = Kind{"theine", newTheine}

type theineCache struct {
	limit Limit
	cache *theine.Cache[string, []byte]
}

func newTheine(limit Limit) (Cache, error) {
	cache, err := theine.NewBuilder[string, []byte](limit.total()).Build()
	return theineCache{limit, cache}, err
}

func (c theineCache) Get(key string) ([]byte, bool) { return c.cache.Get(key) }
func (c theineCache) Set(key string, value []byte) {
	c.cache.Set(key, value, c.limit.weight(key, value))
}
func (c theineCache) Len() int { return c.cache.Len() }
func (c theineCache) Settle()  { c.cache.Wait() }
func (c theineCache) Close()   { c.cache.Close() }
