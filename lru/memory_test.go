package lru_test

import (
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
