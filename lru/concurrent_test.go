package lru_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// Each goroutine changes keys of its own, and so knows what they may be, while
// others read them, evict them and walk over them.
func TestConcurrentCallersSeeWhatWasSetOrNothing(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: roomFor(300, 8, 64)})
	var writers, watchers sync.WaitGroup
	for w := range 6 {
		writers.Go(func() { changeOwnKeys(t, c, w) })
	}
	done := make(chan struct{})
	for _, watch := range []func(*testing.T, *lru.Cache){readAnyKey, walk, count} {
		watchers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					watch(t, c)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	watchers.Wait()
	count(t, c)
}

func ownKey(writer, i int) string { return fmt.Sprintf("%d-%d", writer, i) }

func changeOwnKeys(t *testing.T, c *lru.Cache, writer int) {
	r := rand.New(rand.NewPCG(1, uint64(writer)))
	for round := range 5000 {
		key := ownKey(writer, r.IntN(100))
		e := value(fmt.Sprint(key, " ", round))
		if r.IntN(4) == 0 {
			e.Kind = lru.Hot
		}
		if r.IntN(4) == 0 {
			e.TTL = 1 + rand.N(time.Millisecond)
		}
		set(c, key, e)
		if got, ok := get(c, key); ok && string(got.Value) != string(e.Value) {
			t.Errorf("Get(%s) = %q after Set to %q", key, got.Value, e.Value)
		}
		if r.IntN(3) == 0 {
			remove(c, key)
			if got, ok := get(c, key); ok {
				t.Errorf("Get(%s) = %q after Remove", key, got.Value)
			}
		}
	}
}

func readAnyKey(t *testing.T, c *lru.Cache) {
	key := ownKey(rand.IntN(6), rand.IntN(100))
	if got, ok := get(c, key); ok && !strings.HasPrefix(string(got.Value), key+" ") {
		t.Errorf("Get(%s) = %q", key, got.Value)
	}
}

func walk(t *testing.T, c *lru.Cache) {
	seen := map[string]bool{}
	for key, e := range c.All() {
		if seen[key] || !strings.HasPrefix(string(e.Value), key+" ") {
			t.Errorf("All yields %s = %q (again: %v)", key, e.Value, seen[key])
		}
		seen[key] = true
	}
	if rand.IntN(10) == 0 {
		c.Purge()
	}
}

func count(t *testing.T, c *lru.Cache) {
	s := c.Stats()
	if s.Owned.Bytes+s.Hot.Bytes > c.MaxBytes() || s.Hot.Bytes > c.MaxBytes()/8 {
		t.Errorf("Stats = %+v of %d bytes", s, c.MaxBytes())
	}
	for _, u := range []lru.Usage{s.Owned, s.Hot} {
		if u.Bytes < int64(u.Entries)*lru.EntryOverhead || (u.Bytes == 0) != (u.Entries == 0) {
			t.Errorf("%d entries take %d bytes", u.Entries, u.Bytes)
		}
	}
}

// A walk must see what is there from its beginning to its end, whatever others
// add and replace meanwhile.
func TestAllMissesNothingThatStays(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 1 << 20})
	const n = 500
	fill(t, c, 0, n)
	done := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
				fill(t, c, i%n, i%n+1)
				fill(t, c, n+i%n, n+i%n+1)
				remove(c, numbered(n+i%n))
			}
		}
	})
	for range 50 {
		stayed := 0
		for key := range c.All() {
			if key < numbered(n) {
				stayed++
			}
		}
		if stayed != n {
			t.Errorf("All yields %d of %d entries that stay", stayed, n)
		}
	}
	close(done)
	writer.Wait()
}
