package lru_test

import (
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/lru"
)

// Each of many stores at once needs much of the budget, or a chunk.
func TestConcurrentStoresStayWithinTheBudget(t *testing.T) {
	const budget = 4 << 20
	for _, size := range []int{budget * 49 / 100, budget / 64, 300} {
		for _, kind := range []lru.Kind{lru.Owned, lru.Hot} {
			c := newCache(t, lru.Config{MaxBytes: budget, HotShare: 0.5})
			var writers sync.WaitGroup
			for w := range 64 {
				writers.Go(func() {
					for i := range 3 {
						set(c, ownKey(w, i), lru.Entry{Value: make([]byte, size), Kind: kind})
						// Others may be about to evict what they found no room for.
						if n := c.Bytes(); n > 2*budget {
							t.Errorf("%d bytes of %d while entries of %d are stored", n, budget, size)
						}
					}
				})
			}
			writers.Wait()
			if n := c.Bytes(); n > budget {
				t.Errorf("%d bytes of %d after entries of %d were stored", n, budget, size)
			}
			if n := c.Stats().Hot.Bytes; n > budget/2 {
				t.Errorf("%d bytes of hot copies of %d", n, budget/2)
			}
		}
	}
}

// Entries that have a chunk each run out of chunks before they run out of bytes.
func TestACacheEvictsWhenItHasAsManyChunksAsItMay(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 64 << 20})
	const most = 1000
	c.LimitChunks(most)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range most {
				key := ownKey(w, i)
				set(c, key, lru.Entry{Value: make([]byte, 5000)})
				for range i % 4 {
					get(c, key)
				}
			}
		})
	}
	writers.Wait()
	if n := c.Len(); n < most*9/10 || n > most {
		t.Errorf("%d entries with a chunk each, of %d chunks", n, most)
	}
}
