package lru_test

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func TestAllYieldsTheBestUsedFirst(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 1 << 20})
	for key, uses := range map[string]int{"never": 0, "once": 1, "twice": 2, "often": 100} {
		set(c, key, value(key))
		for range uses {
			get(c, key)
		}
	}
	for range 2 { // to iterate is not to use
		var keys []string
		for key := range c.All() {
			keys = append(keys, key)
		}
		if got, want := strings.Join(keys, " "), "often twice once never"; got != want {
			t.Errorf("All yields %s, want %s", got, want)
		}
	}
}

func TestAllYieldsTheMainQueueBeforeNewEntriesUsedAsLittle(t *testing.T) {
	const capacity = 1000
	c := newCache(t, lru.Config{MaxBytes: roomFor(capacity, 8, 8)})
	fill(t, c, 0, 100)
	held(c, 0, 100)
	held(c, 0, 100)
	fill(t, c, 1_000_000, 1_000_000+10*capacity)
	var keys []string
	for key := range c.All() {
		keys = append(keys, key)
	}
	used := 0
	for _, key := range keys[:150] {
		if key < numbered(100) {
			used++
		}
	}
	if used < 90 { // a few others are let in for a ghost that is not theirs
		t.Fatalf("among the first 150 keys are %d of 100 that were used", used)
	}
}

func TestAllYieldsEntriesAsTheyAreAtTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCache(t, lru.Config{})
		set(c, "first", lru.Entry{TTL: 3 * time.Second})
		set(c, "expired", lru.Entry{TTL: time.Second})
		set(c, "expires", lru.Entry{TTL: 2 * time.Second})
		set(c, "changed", value("old"))
		set(c, "removed", value("old"))
		get(c, "first")
		time.Sleep(time.Second)

		got := map[string]lru.Entry{}
		for key, e := range c.All() {
			if got[key] = e; key == "first" {
				time.Sleep(time.Second)
				set(c, "changed", lru.Entry{Kind: lru.Hot, TTL: time.Minute})
				remove(c, "removed")
			}
		}
		want := map[string]lru.Entry{
			"first":   {TTL: 2 * time.Second},
			"changed": {TTL: time.Minute, Kind: lru.Hot},
		}
		if !maps.EqualFunc(got, want, same) {
			t.Errorf("All yields %v, want %v", got, want)
		}
	})
}

func TestAllMayBeLeftEarly(t *testing.T) {
	c := newCache(t, lru.Config{})
	fill(t, c, 0, 100)
	n := 0
	for range c.All() {
		if n++; n == 10 {
			break
		}
	}
	if n != 10 {
		t.Errorf("%d rounds, want 10", n)
	}
}

func TestTheBodyOfAllMayCallAnyMethod(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 1 << 20})
	fill(t, c, 0, 100)
	n := 0
	for key := range c.All() {
		set(c, key, value("new"))
		remove(c, key)
		for range c.All() {
			c.Purge()
		}
		n++
	}
	if n != 1 || c.Len() != 0 {
		t.Errorf("%d rounds and %d entries left, want 1 and 0", n, c.Len())
	}
}
