package lru_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func TestAScanDoesNotFlushWhatIsUsedTwice(t *testing.T) {
	for _, test := range []struct {
		name          string
		capacity, set int
	}{
		{"a small cache", 100, 50},
		{"a large cache", 10_000, 5_000},
		{"a working set near capacity", 100_000, 85_000}, // large, or the sample of a trial could be all too uneven
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCache(t, lru.Config{MaxBytes: roomFor(test.capacity, 8, 8)})
			fill(t, c, 0, test.set)
			held(c, 0, test.set)
			held(c, 0, test.set) // the third use
			fill(t, c, 1_000_000, 1_000_000+10*test.capacity)
			// An eviction walks past a bounded number of used entries, so that a
			// few may fall when none of them has been sorted out yet.
			if n := held(c, 0, test.set); n < test.set*95/100 {
				t.Errorf("%d of %d entries withstood the scan", n, test.set)
			}
		})
	}
}

// Half of the accesses are to popular keys, and half go round a loop that is three times as long as the cache. Nothing hits more
// than to hold the most popular keys; rules that tell how popular keys are find out.
func TestThePopularKeysStayBesideALoop(t *testing.T) {
	const capacity, popular, loop, accesses = 20_000, 60_000, 60_000, 2_000_000
	c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 256)})
	random := rand.New(rand.NewPCG(1, 2))
	hits := 0
	for i := range accesses {
		key := numbered(popular + i/2%loop)
		if i%2 == 0 {
			key = numbered(int(popular * math.Pow(random.Float64(), 3)))
		}
		if _, ok := get(c, key); !ok {
			set(c, key, lru.Entry{Value: make([]byte, 256)})
		} else if i >= accesses/2 {
			hits++
		}
	}
	got, most := float64(hits)/(accesses/2), math.Cbrt(float64(capacity)/popular)/2
	if got < 0.95*most {
		t.Errorf("%.1f %% of the accesses hit, the most is %.1f %%", 100*got, 100*most)
	}
}

func TestAKeyThatComesBackSoonIsKeptFromScans(t *testing.T) {
	const capacity, caches = 1000, 5 // hashes differ from one cache to the next, and with them which ghosts meet
	stayed := 0
	for range caches {
		c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 8)})
		fill(t, c, 0, capacity)
		fill(t, c, 1_000_000, 1_000_000+capacity/2) // evicts half, and leaves ghosts
		fill(t, c, 0, 100)
		fill(t, c, 2_000_000, 2_000_000+10*capacity)
		stayed += held(c, 0, 100)
	}
	if stayed < 90*caches {
		t.Errorf("%d of %d entries stayed", stayed, 100*caches)
	}
}

func TestUnusedEntriesGoOldestFirst(t *testing.T) {
	const capacity = 100
	c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 8)})
	fill(t, c, 0, capacity+30)
	if old, others := held(c, 0, 25), held(c, 30, capacity+30); old != 0 || others < capacity*95/100 {
		t.Errorf("%d of the 25 oldest and %d others are held, want 0 and %d", old, others, capacity)
	}
}

func TestReplacingAnEntryKeepsItsStanding(t *testing.T) {
	const capacity = 1000
	c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 8)})
	fill(t, c, 0, 100)
	held(c, 0, 100)
	held(c, 0, 100)
	fill(t, c, 0, 100)
	fill(t, c, 1_000_000, 1_000_000+10*capacity)
	if n := held(c, 0, 100); n < 90 {
		t.Errorf("%d of 100 entries withstood the scan", n)
	}
}

// A key of the main queue that is loaded anew when it has expired is no new key.
func TestAnEntryThatExpiresKeepsItsStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const capacity = 1000
		c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 8)})
		load := func() {
			for i := range 100 {
				set(c, numbered(i), lru.Entry{Value: []byte(numbered(i)), TTL: time.Minute})
			}
		}
		load()
		held(c, 0, 100)
		held(c, 0, 100)
		fill(t, c, 1_000_000, 1_000_000+2*capacity) // brings them to the main queue
		time.Sleep(time.Minute)
		if n := held(c, 0, 100); n != 0 {
			t.Fatalf("%d entries have not expired", n)
		}
		fill(t, c, 2_000_000, 2_000_000+100) // takes their places
		load()
		fill(t, c, 3_000_000, 3_000_000+10*capacity)
		if n := held(c, 0, 100); n < 90 {
			t.Errorf("%d of 100 entries stayed", n)
		}
	})
}

func TestHotCopiesKeepToTheirShare(t *testing.T) {
	for _, test := range []struct {
		name  string
		share float64 // in Config
		of    int64   // the budget is how many times the share
	}{
		{"an eighth by default", 0, 8},
		{"half", 0.5, 2},
		{"all", 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			const n = 4000
			c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8), HotShare: test.share})
			fill(t, c, 0, n)
			for i := range 2 * n {
				key := numbered(-i - 1)
				set(c, key, lru.Entry{Value: []byte(key), Kind: lru.Hot})
				if s := c.Stats(); i%100 == 0 && (s.Hot.Bytes > c.MaxBytes()/test.of || c.Bytes() > c.MaxBytes()) {
					t.Fatalf("hot copies take %d and owned entries %d bytes of %d", s.Hot.Bytes, s.Owned.Bytes, c.MaxBytes())
				}
			}
			want := int(n / test.of)
			if s := c.Stats(); s.Hot.Entries < want*8/10 || s.Hot.Entries > want*11/10 || s.Owned.Entries < (n-want)*9/10 {
				t.Errorf("%d hot copies beside %d owned entries, want %d beside %d", s.Hot.Entries, s.Owned.Entries, want, n-want)
			}
		})
	}
}

func TestOwnedEntriesTakeRoomFromHotCopiesOnlyWhenNoneOfTheirsIsLeft(t *testing.T) {
	const n = 80
	c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8), HotShare: 1})
	for i := range n {
		set(c, numbered(i), lru.Entry{Value: []byte(numbered(i)), Kind: lru.Hot})
	}
	fill(t, c, n, 2*n)
	if s := c.Stats(); s.Owned.Entries < 1 || s.Owned.Entries > n/10 || s.Hot.Entries < n*9/10 {
		t.Errorf("Stats = %+v, want a few owned entries beside nearly %d hot copies", s, n)
	}
}

func TestAnEntryMayChangeItsKind(t *testing.T) {
	c := newCache(t, lru.Config{})
	for _, kind := range []lru.Kind{lru.Owned, lru.Hot, lru.Owned} {
		set(c, "key", lru.Entry{Kind: kind})
		got, _ := get(c, "key")
		s := c.Stats()
		usage := map[lru.Kind]lru.Usage{lru.Owned: s.Owned, lru.Hot: s.Hot}
		if got.Kind != kind || usage[kind].Entries != 1 || c.Len() != 1 {
			t.Errorf("Kind = %v and Stats = %+v, want one entry, %v", got.Kind, s, kind)
		}
	}
}
