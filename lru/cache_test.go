package lru_test

import (
	"bytes"
	"math"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func TestGetReturnsWhatWasSetLast(t *testing.T) {
	for _, test := range []struct {
		name  string
		key   string
		entry lru.Entry
	}{
		{"a value", "key", lru.Entry{Value: []byte("value")}},
		{"an empty value", "key", lru.Entry{Value: []byte{}}},
		{"no value", "key", lru.Entry{}},
		{"the empty key", "", lru.Entry{Value: []byte("value")}},
		{"a key that is not text", "\x00\xff/../%", lru.Entry{Value: []byte{0}}},
		{"a hot copy", "key", lru.Entry{Value: []byte("value"), Kind: lru.Hot}},
		{"an absent key", "key", lru.Entry{Absent: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCache(t, lru.Config{})
			set(c, test.key, value("before"))
			if !set(c, test.key, test.entry) {
				t.Fatal("Set refused it")
			}
			got, ok := get(c, test.key)
			if !ok || !same(got, test.entry) {
				t.Errorf("Get = %+v, %v, want %+v, true", got, ok, test.entry)
			}
			s := c.Stats()
			if n := s.Owned.Bytes + s.Hot.Bytes; c.Len() != 1 || n != cost(test.key, test.entry) {
				t.Errorf("%d entries of %d bytes, want 1 of %d", c.Len(), n, cost(test.key, test.entry))
			}
		})
	}
}

func same(a, b lru.Entry) bool {
	return bytes.Equal(a.Value, b.Value) && a.TTL == b.TTL && a.Kind == b.Kind && a.Absent == b.Absent
}

// What is before the key and behind it is read at once: at the end of a chunk too, where little is.
func TestTheShortestEntriesFillChunks(t *testing.T) {
	for _, budget := range []int64{lru.MinMaxBytes, 64 << 10, 8 << 20} {
		c := newCache(t, lru.Config{MaxBytes: budget})
		for round := range 3 {
			for i := range 1 << 16 {
				key := string([]byte{byte(i), byte(i >> 8)}[:1+i%2])
				set(c, key, lru.Entry{Absent: true})
				if got, ok := get(c, key); !ok || !got.Absent {
					t.Fatalf("%d bytes, round %d: Get(%q) = %+v, %v", budget, round, key, got, ok)
				}
			}
			for i := 0; i < 1<<16; i += 1 + i%3 { // what chunks keep is copied
				remove(c, string([]byte{byte(i), byte(i >> 8)}))
			}
		}
	}
}

// An empty value may lie where its chunk ends. What is behind that belongs to somebody else, or nobody.
func TestEmptyValuesAtTheEndsOfChunks(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 8 << 20})
	var values [][]byte
	for i := range 50_000 {
		key := strconv.Itoa(10_000 + i) // with its header, 8 bytes: chunks are full to the last
		set(c, key, lru.Entry{Value: []byte{}})
		got, ok := get(c, key)
		if !ok || got.Value == nil || len(got.Value) != 0 {
			t.Fatalf("Get(%s) = %+v, %v", key, got, ok)
		}
		values = append(values, got.Value)
	}
	c.Purge()
	for range 3 {
		runtime.GC() // throws where a pointer leads to memory that is free
	}
	runtime.KeepAlive(values)
}

func TestEntriesOfAllHeaders(t *testing.T) {
	c := newCache(t, lru.Config{})
	now := uint64(time.Now().UnixNano())
	for _, keyLength := range []int{0, 1, 7, 255, 256, 70_000} {
		for _, valueLength := range []int{0, 1, 255, 256, 70_000} {
			for _, ttl := range []time.Duration{0, time.Hour, 10 * 365 * 24 * time.Hour} {
				for _, version := range []uint64{0, 1, now, now - uint64(time.Hour), math.MaxUint64} {
					key := strings.Repeat("k", keyLength)
					want := lru.Entry{Value: bytes.Repeat([]byte("v"), valueLength), TTL: ttl, Version: version}
					set(c, key, want)
					got, ok := get(c, key)
					left := got.TTL
					if got.TTL = ttl; !ok || !same(got, want) || got.Version != version || left > ttl || left < ttl-time.Minute {
						t.Errorf("a key of %d bytes: Get = %d bytes for %v of version %d, %v; want %d, %v, %d",
							keyLength, len(got.Value), left, got.Version, ok, valueLength, ttl, version)
					}
				}
			}
		}
	}
}

func TestGetOfAnUnknownKeyIsAMiss(t *testing.T) {
	c := newCache(t, lru.Config{})
	if got, ok := get(c, "key"); ok || !same(got, lru.Entry{}) {
		t.Errorf("Get = %+v, %v, want a zero Entry, false", got, ok)
	}
}

func TestAnAbsentEntryHasNoValue(t *testing.T) {
	c := newCache(t, lru.Config{})
	set(c, "key", lru.Entry{Value: make([]byte, 100), Absent: true})
	got, _ := get(c, "key")
	if n := c.Stats().Owned.Bytes; got.Value != nil || !got.Absent || n != cost("key", lru.Entry{}) {
		t.Errorf("Get = %+v of %d bytes, want no value", got, n)
	}
}

func TestRemoveTellsWhetherTheKeyWasThere(t *testing.T) {
	c := newCache(t, lru.Config{})
	set(c, "key", value("value"))
	if !remove(c, "key") {
		t.Error("the first Remove = false")
	}
	if _, ok := get(c, "key"); ok {
		t.Error("the key is there after Remove")
	}
	if remove(c, "key") {
		t.Error("the second Remove = true")
	}
	if s := c.Stats(); s != (lru.Stats{}) {
		t.Errorf("Stats = %+v, want zero: a removal is no eviction", s)
	}
}

func TestPurgeRemovesEverything(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 1 << 20})
	fill(t, c, 0, 1000)
	set(c, "expires", lru.Entry{TTL: time.Hour})
	set(c, "hot", lru.Entry{Kind: lru.Hot})
	c.Purge()
	if n := held(c, 0, 1000); n != 0 {
		t.Errorf("%d keys are there after Purge", n)
	}
	if s := c.Stats(); s != (lru.Stats{}) {
		t.Errorf("Stats = %+v, want zero: a purge is no eviction", s)
	}
	if got, want := c.Bytes(), newCache(t, lru.Config{MaxBytes: 1 << 20}).Bytes(); got != want {
		t.Errorf("Bytes = %d after Purge, want %d as of a new cache", got, want)
	}
	fill(t, c, 0, 1000)
	if n := held(c, 0, 1000); n != 1000 {
		t.Errorf("%d of 1000 keys are there when stored anew", n)
	}
}

// Set evicts others for the sake of what it stores, and refuses what is beyond
// half the budget or, for hot copies, beyond their share.
func TestSetRefusesWhatIsTooLarge(t *testing.T) {
	const budget = 64 << 10
	const overhead = 150 // at the most, of a chunk and a header
	for _, test := range []struct {
		name  string
		size  int
		kind  lru.Kind
		taken bool
	}{
		{"half the budget", budget/2 - overhead, lru.Owned, true},
		{"more", budget / 2, lru.Owned, false},
		{"all of the hot share", budget/8 - overhead, lru.Hot, true},
		{"more of it", budget / 8, lru.Hot, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCache(t, lru.Config{MaxBytes: budget})
			fill(t, c, 0, 200)
			fits := c.Fits("key", lru.Entry{Value: make([]byte, test.size), Kind: test.kind})
			before := c.Stats()
			set(c, "key", value("out of date"))

			taken := set(c, "key", lru.Entry{Value: make([]byte, test.size), Kind: test.kind})
			got, found := get(c, "key")
			if fits != test.taken || taken != test.taken || found != test.taken || found && len(got.Value) != test.size {
				t.Errorf("Set = %v and Get = %d bytes, %v, want %v for both", taken, len(got.Value), found, test.taken)
			}
			if after := c.Stats(); !test.taken && after != before {
				t.Errorf("Stats = %+v, want %+v: a refused entry removes its own key alone", after, before)
			}
		})
	}
}

func TestOneValueMayBeLargerThanAShardsPartOfTheBudget(t *testing.T) {
	c := newCache(t, lru.Config{}) // 64 MiB
	fill(t, c, 0, 50_000)
	for _, size := range []int{1 << 20, 8 << 20, 31 << 20} {
		key := numbered(-size)
		if !set(c, key, lru.Entry{Value: make([]byte, size)}) {
			t.Errorf("%d bytes were refused", size)
		}
		if got, _ := get(c, key); len(got.Value) != size {
			t.Errorf("Get returns %d bytes, want %d", len(got.Value), size)
		}
	}
	if c.Bytes() > c.MaxBytes() {
		t.Errorf("%d bytes of %d", c.Bytes(), c.MaxBytes())
	}
}

func TestTheSmallestBudgetHoldsAFew(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: lru.MinMaxBytes})
	for i := range 1000 {
		fill(t, c, i, i+1)
		if held(c, i, i+1) != 1 || c.Bytes() > c.MaxBytes() {
			t.Fatalf("entry %d is held %d times, and %d bytes are taken", i, held(c, i, i+1), c.Bytes())
		}
	}
	if c.Len() < 10 {
		t.Errorf("%d entries are held, want 10 or more", c.Len())
	}
}

// What was replaced is dead, and the room that it takes is used again.
func TestReplacedAndRemovedEntriesMakeRoom(t *testing.T) {
	const n = 10_000
	c := newCache(t, lru.Config{MaxBytes: roomFor(2*n, 8, 8)})
	for range 10 {
		fill(t, c, 0, n)
		for i := range n / 2 {
			remove(c, numbered(i))
		}
	}
	fill(t, c, 0, n)
	if s := c.Stats(); s.Evictions != 0 || s.Owned.Entries != n {
		t.Errorf("Stats = %+v, want %d entries and no eviction", s, n)
	}
}

func TestGetAllocatesNothing(t *testing.T) {
	c := newCache(t, lru.Config{})
	set(c, "key", lru.Entry{Value: []byte("value"), TTL: time.Hour})
	if n := testing.AllocsPerRun(100, func() { get(c, "key"); get(c, "none") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[lru.Kind]string{lru.Owned: "owned", lru.Hot: "hot", 7: "Kind(7)"} {
		if kind.String() != want {
			t.Errorf("String = %q, want %q", kind, want)
		}
	}
}

// What is cut from something larger must not keep it in memory unseen.
func TestSetKeepsNothingAliveThatTheBudgetDoesNotCount(t *testing.T) {
	before := liveBytes()
	c := newCache(t, lru.Config{})
	for i := range 50 {
		large := strings.Repeat(numbered(i), 128<<10) // 1 MiB
		set(c, large[:8], lru.Entry{Value: []byte(large)[:8]})
	}
	if live := liveBytes() - before; live > 10<<20 {
		t.Errorf("%d bytes live for %d counted", live, c.Bytes())
	}
	if n := held(c, 0, 50); n != 50 {
		t.Errorf("%d of 50 keys are there", n)
	}
}
