package lru_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func TestAnEntryIsServedForItsTTLAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, lru.Config{})
		set(c, "key", lru.Entry{TTL: time.Minute})
		time.Sleep(time.Minute - time.Nanosecond)
		if got, ok := get(c, "key"); !ok || got.TTL != time.Nanosecond {
			t.Errorf("a nanosecond before: Get = %+v, %v, want a TTL of 1ns", got, ok)
		}
		time.Sleep(time.Nanosecond)
		if _, ok := get(c, "key"); ok {
			t.Error("Get returns an entry that has expired")
		}
		if remove(c, "key") {
			t.Error("Remove = true for an entry that has expired")
		}
		if s := c.Stats(); s != (lru.Stats{Expirations: 1}) {
			t.Errorf("Stats = %+v, want one expiration and nothing else", s)
		}
	})
}

func TestTTLsAtTheirLimits(t *testing.T) {
	const century = 100 * 365 * 24 * time.Hour
	for _, test := range []struct {
		name   string
		ttl    time.Duration
		stored bool
		left   time.Duration // after a century, negative if it has expired
	}{
		{"none: never expires", 0, true, 0},
		{"one nanosecond", 1, true, -1},
		{"expired already", -1, false, -1},
		{"expired long ago", math.MinInt64, false, -1},
		{"the longest", math.MaxInt64, true, math.MaxInt64 - 2*century},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, lru.Config{})
				time.Sleep(century) // so that the longest overflows the clock
				set(c, "key", value("before"))
				if stored := set(c, "key", lru.Entry{TTL: test.ttl}); stored != test.stored {
					t.Errorf("Set = %v, want %v", stored, test.stored)
				}
				if _, ok := get(c, "key"); ok != test.stored {
					t.Errorf("Get finds it: %v, want %v", ok, test.stored)
				}
				time.Sleep(century)
				got, ok := get(c, "key")
				if ok != (test.left >= 0) || ok && got.TTL != test.left {
					t.Errorf("a century later: TTL %v, %v, want %v", got.TTL, ok, test.left)
				}
			})
		})
	}
}

func TestTheLatestTTLCounts(t *testing.T) {
	for _, test := range []struct {
		name          string
		first, second time.Duration
		live          bool // after an hour
	}{
		{"longer", time.Minute, 2 * time.Hour, true},
		{"shorter", 2 * time.Hour, time.Minute, false},
		{"none", time.Minute, 0, true},
		{"one after none", 0, time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, lru.Config{})
				set(c, "key", lru.Entry{TTL: test.first})
				set(c, "key", lru.Entry{TTL: test.second})
				time.Sleep(time.Hour)
				if _, ok := get(c, "key"); ok != test.live || c.Len() > 1 || (c.Len() == 1) != test.live {
					t.Errorf("found %v among %d entries, want %v", ok, c.Len(), test.live)
				}
			})
		})
	}
}

func TestExpiredEntriesGoBeforeLiveOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 1000
		c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8+7)})
		for i := range n { // every other one, in no order, lives for up to a minute
			e := value(numbered(i))
			if i%2 == 1 {
				e.TTL = 1 + rand.N(time.Minute)
			}
			set(c, numbered(i), e)
		}
		time.Sleep(time.Minute)
		fill(t, c, n, n+n/4) // nobody asked for those that have expired
		for i := range n {
			if _, ok := get(c, numbered(i)); ok != (i%2 == 0) {
				t.Fatalf("entry %d is held: %v, want %v", i, ok, i%2 == 0)
			}
		}
		if s := c.Stats(); s.Owned.Entries != n*3/4 || s.Evictions != 0 || s.Expirations != n/2 {
			t.Errorf("Stats = %+v, want %d entries, no eviction and %d expirations", s, n*3/4, n/2)
		}
	})
}

func TestALargeEntryTakesTheRoomOfManyThatHaveExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8+7)})
		for i := range n - 1 {
			set(c, numbered(i), lru.Entry{Value: []byte(numbered(i)), TTL: 1 + rand.N(time.Minute)})
		}
		set(c, "lives", value("live"))
		time.Sleep(time.Minute)
		set(c, "large", lru.Entry{Value: make([]byte, c.MaxBytes()/3)})
		if _, ok := get(c, "lives"); !ok {
			t.Error("a live entry was evicted")
		}
		if s := c.Stats(); s.Owned.Entries != 2 || s.Evictions != 0 || s.Expirations != n-1 {
			t.Errorf("Stats = %+v, want 2 entries, no eviction and %d expirations", s, n-1)
		}
	})
}

// A cache that only hears Sets must not fill up with what has expired.
func TestSetsReclaimWhatHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before := liveBytes()
		c := newCache(t, lru.Config{})
		for i := range 20_000 {
			set(c, numbered(i), lru.Entry{Value: make([]byte, 1024), TTL: 1 + rand.N(time.Second)})
		}
		time.Sleep(time.Second)
		for i := range 10_000 {
			set(c, numbered(i), lru.Entry{})
		}
		if live := liveBytes() - before; live > 8<<20 {
			t.Errorf("%d bytes live, want those of 10,000 small entries", live)
		}
		if s := c.Stats(); s.Expirations != 20_000 || s.Owned.Entries != 10_000 {
			t.Errorf("Stats = %+v, want 20000 expirations and 10000 entries", s)
		}
	})
}

func TestEachEntryIsReclaimedAtItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, lru.Config{})
		r := rand.New(rand.NewPCG(1, 2))
		var ends []time.Time
		for i := range 2000 { // of every order of magnitude up to 6 days
			ttl := time.Duration(1 + r.Int64N(1<<r.IntN(50)))
			set(c, numbered(i), lru.Entry{TTL: ttl})
			ends = append(ends, time.Now().Add(ttl))
		}
		for step := time.Duration(1); step < 1<<50; step += step/8 + 1 {
			time.Sleep(step)
			live := 0
			for _, end := range ends {
				if time.Now().Before(end) {
					live++
				}
			}
			if c.Len() != live {
				t.Fatalf("%d entries, want %d", c.Len(), live)
			}
		}
	})
}

// What has expired is found behind many chunks of what lives, and goes before that.
func TestExpiredEntriesBehindManyLiveOnesGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, lru.Config{MaxBytes: 64 << 20})
		long := func(i int, ttl time.Duration) {
			set(c, numbered(i), lru.Entry{Value: make([]byte, 4000), TTL: ttl})
		}
		const live, short = 9_000, 6_000
		for i := range live {
			long(i, 0)
		}
		for i := range short {
			long(live+i, time.Second)
		}
		time.Sleep(time.Second)
		for i := range short / 2 {
			long(live+short+i, 0)
		}
		if s := c.Stats(); s.Evictions > live/60 {
			t.Errorf("%d live entries were evicted, though as many as came had expired", s.Evictions)
		}
	})
}
