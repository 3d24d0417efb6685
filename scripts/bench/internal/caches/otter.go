package caches

import (
	"github.com/maypok86/otter/v2"
)

// Otter is maypok86/otter/v2, W-TinyLFU with an adaptive window.
var Otter = Kind{"otter", newOtter}

type otterCache struct {
	cache *otter.Cache[string, []byte]
}

func newOtter(limit Limit) (Cache, error) {
	options := &otter.Options[string, []byte]{MaximumSize: limit.Entries}
	if limit.Entries == 0 {
		options.MaximumWeight = uint64(limit.Bytes)
		options.Weigher = func(key string, value []byte) uint32 { return uint32(limit.weight(key, value)) }
	}
	cache, err := otter.New(options)
	return otterCache{cache}, err
}

func (c otterCache) Get(key string) ([]byte, bool) { return c.cache.GetIfPresent(key) }
func (c otterCache) Set(key string, value []byte)  { c.cache.Set(key, value) }
func (c otterCache) Len() int                      { return c.cache.EstimatedSize() }
func (c otterCache) Settle()                       { c.cache.CleanUp() }
func (c otterCache) Close()                        { c.cache.StopAllGoroutines() }
