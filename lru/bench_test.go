package lru_test

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

const benchKeys = 100_000

func keys(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = numbered(i)
	}
	return all
}

// zipf returns a million requests for some of the keys, a few of them often.
func zipf(keys []string) []string {
	z := rand.NewZipf(rand.New(rand.NewPCG(1, 2)), 1.01, 1, uint64(len(keys)-1))
	all := make([]string, 1<<20)
	for i := range all {
		all[i] = keys[z.Uint64()]
	}
	return all
}

func filled(b *testing.B, maxBytes int64, ttl time.Duration) (*lru.Cache, []string) {
	c, all := newCache(b, lru.Config{MaxBytes: maxBytes}), keys(benchKeys)
	for _, r := range all {
		c.Set(r, lru.Entry{Value: make([]byte, 100), TTL: ttl})
	}
	return c, all
}

func BenchmarkGetHit(b *testing.B) {
	for name, ttl := range map[string]time.Duration{"NoTTL": 0, "TTL": time.Hour} {
		c, all := filled(b, 0, ttl)
		requests := zipf(all)
		get := func(i int) {
			r := requests[i&(len(requests)-1)]
			if _, ok := c.Get(r); !ok {
				b.Error("a miss")
			}
		}
		b.Run(name+"/Serial", func(b *testing.B) { serial(b, get) })
		b.Run(name+"/Parallel", func(b *testing.B) { parallel(b, get) })
	}
}

func BenchmarkGetMiss(b *testing.B) {
	c, _ := filled(b, roomFor(benchKeys/2, 8, 100), 0)
	requests := make([]string, benchKeys)
	for i := range requests {
		requests[i] = numbered(benchKeys + i)
	}
	b.Run("Serial", func(b *testing.B) {
		serial(b, func(i int) {
			if _, ok := c.Get(requests[i%len(requests)]); ok {
				b.Error("a hit")
			}
		})
	})
}

func BenchmarkSetIntoFullCache(b *testing.B) {
	for name, ttl := range map[string]time.Duration{"NoTTL": 0, "TTL": time.Hour} {
		c, all := filled(b, roomFor(benchKeys/2, 8, 100), ttl)
		value := make([]byte, 100)
		set := func(i int) {
			r := all[i%len(all)]
			c.Set(r, lru.Entry{Value: value, TTL: ttl})
		}
		b.Run(name+"/Serial", func(b *testing.B) { serial(b, set) })
		b.Run(name+"/Parallel", func(b *testing.B) { parallel(b, set) })
	}
}

// Of ten calls nine are Gets, and one is a Set.
func BenchmarkMixed(b *testing.B) {
	c, all := filled(b, roomFor(benchKeys/2, 8, 100), 0)
	requests, value := zipf(all), make([]byte, 100)
	call := func(i int) {
		r := requests[i&(len(requests)-1)]
		if i%10 == 0 {
			c.Set(r, lru.Entry{Value: value})
		} else {
			c.Get(r)
		}
	}
	b.Run("Serial", func(b *testing.B) { serial(b, call) })
	b.Run("Parallel", func(b *testing.B) { parallel(b, call) })
}

func BenchmarkAll(b *testing.B) {
	c, _ := filled(b, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		for range c.All() {
		}
	}
}

func serial(b *testing.B, call func(i int)) {
	b.ReportAllocs()
	for i := range b.N {
		call(i)
	}
}

// parallel has each goroutine begin elsewhere, so that they do not run in step.
func parallel(b *testing.B, call func(i int)) {
	var goroutines atomic.Int64
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		i := int(goroutines.Add(1)) * 7919
		for ; pb.Next(); i++ {
			call(i)
		}
	})
}
