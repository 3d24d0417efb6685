package lru_test

import (
	"fmt"
	"testing"

	"github.com/p2pcache/p2pcache/lru"
)

func newCache(tb testing.TB, config lru.Config) *lru.Cache {
	tb.Helper()
	c, err := lru.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// roomFor is a budget in which a full cache holds so many entries of such keys and
// values, or up to a twentieth more.
func roomFor(n, keyBytes, valueBytes int) int64 {
	budget := int64(n) * int64(keyBytes+valueBytes+lru.EntryOverhead)
	for range 20 {
		held := heldBy(max(budget, lru.MinMaxBytes), n+n/5, keyBytes, valueBytes)
		if n <= held && held <= n+n/20+1 {
			break
		}
		budget = budget * int64(n+n/50+1) / int64(held)
	}
	return budget
}

// heldBy stores n entries and returns how many are left.
func heldBy(budget int64, n, keyBytes, valueBytes int) int {
	c, err := lru.New(lru.Config{MaxBytes: budget})
	if err != nil {
		panic(err)
	}
	for i := range n {
		set(c, fmt.Sprintf("%0*d", keyBytes, i), lru.Entry{Value: make([]byte, valueBytes)})
	}
	return c.Len()
}

// cost is what an entry without an end or version takes, if it is short.
func cost(key string, e lru.Entry) int64 {
	return int64(len(key)+len(e.Value)) + 3 + lru.EntryOverhead
}

func set(c *lru.Cache, key string, e lru.Entry) bool {
	return c.Set(key, e)
}

func get(c *lru.Cache, key string) (lru.Entry, bool) {
	return c.Get(key)
}

func remove(c *lru.Cache, key string) bool {
	return c.Remove(key)
}

func value(s string) lru.Entry { return lru.Entry{Value: []byte(s)} }

// numbered returns a key of 8 bytes.
func numbered(i int) string { return fmt.Sprintf("%08d", i) }

// fill stores entries of 8 + 8 bytes under numbered keys.
func fill(tb testing.TB, c *lru.Cache, from, to int) {
	tb.Helper()
	for i := from; i < to; i++ {
		if key := numbered(i); !set(c, key, value(key)) {
			tb.Fatalf("Set(%s) was refused", key)
		}
	}
}

// held counts those numbered keys that c holds. To count is to use them.
func held(c *lru.Cache, from, to int) (n int) {
	for i := from; i < to; i++ {
		if _, ok := get(c, numbered(i)); ok {
			n++
		}
	}
	return n
}
