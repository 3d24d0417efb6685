package caches

import (
	"errors"

	"github.com/p2pcache/p2pcache/lru"
)

// P2PCache is this project's store. Its budget counts all that it takes, so it knows no limit in entries.
var P2PCache = Kind{"p2pcache", newStore}

type store struct {
	settled
	cache *lru.Cache
}

func newStore(limit Limit) (Cache, error) {
	if limit.Bytes == 0 {
		return nil, errors.New("p2pcache's store is bounded in bytes alone")
	}
	cache, err := lru.New(lru.Config{MaxBytes: limit.Bytes})
	if err != nil {
		return nil, err
	}
	return store{cache: cache}, nil
}

func (s store) Get(key string) ([]byte, bool) {
	e, ok := s.cache.Get(key)
	return e.Value, ok
}

func (s store) Set(key string, value []byte) {
	s.cache.Set(key, lru.Entry{Value: value})
}

func (s store) Len() int { return s.cache.Len() }

// leastHeader is what the store writes before each key and value, at the least.
const leastHeader = 3

// Payload is what the keys and values that this project's store holds take, in bytes, or little more.
func Payload(c Cache) int {
	held := c.(store).cache.Stats().Owned
	return int(held.Bytes) - held.Entries*(lru.EntryOverhead+leastHeader)
}
