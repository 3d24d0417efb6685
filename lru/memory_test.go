package lru_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// liveBytes returns what the collector finds alive.
func liveBytes() int64 {
	runtime.GC()
	runtime.GC() // finishes the sweep of the first
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func TestAFullCacheTakesAboutItsBudgetAndGivesItBack(t *testing.T) {
	const budget = 16 << 20
	before := liveBytes()
	c := newCache(t, lru.Config{MaxBytes: budget})
	for i := range 150_000 {
		set(c, numbered(i), lru.Entry{Value: make([]byte, 96), TTL: time.Hour})
	}
	if full := liveBytes() - before; full > budget*11/10 {
		t.Errorf("a full cache takes %d bytes of a budget of %d", full, budget)
	}
	c.Purge()
	if empty := liveBytes() - before; empty > budget/20 {
		t.Errorf("after Purge it still takes %d bytes", empty)
	}
	runtime.KeepAlive(c)
}

// The header of an entry that expires and has a version, its slot and its ghosts
// take 34 bytes.
func TestAnEntryTakesLittleMoreThanItsKeyAndValue(t *testing.T) {
	const budget = 64 << 20
	before := liveBytes()
	c := newCache(t, lru.Config{MaxBytes: budget})
	version := uint64(time.Now().UnixNano())
	for i := range 600_000 {
		key := fmt.Sprintf("%016d", i)
		set(c, key, lru.Entry{Value: make([]byte, 100), TTL: time.Hour, Version: version + uint64(i)})
	}
	if each := float64(liveBytes()-before) / float64(c.Len()); each > 153 { // of which trials take a half
		t.Errorf("an entry of 116 bytes takes %.1f", each)
	}
	runtime.KeepAlive(c)
}
