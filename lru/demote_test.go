package lru_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

func demote(c *lru.Cache, key string, ttl time.Duration) bool {
	return c.Demote(key, ttl)
}

func TestADemotedEntryLivesForWhatIsLeftAndNoLongerThanItIsGiven(t *testing.T) {
	for _, test := range []struct {
		name            string
		had, given, ttl time.Duration
	}{
		{"it had longer", time.Hour, time.Minute, time.Minute},
		{"it had less", time.Second, time.Minute, time.Second},
		{"it had no end", 0, time.Minute, time.Minute},
		{"nothing is given", time.Hour, 0, 0},
		{"less than nothing is given", time.Hour, -1, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCache(t, lru.Config{})
				set(c, "key", lru.Entry{Value: []byte("value"), TTL: test.had, Version: 7})
				if !demote(c, "key", test.given) {
					t.Error("Demote = false")
				}
				got, ok := get(c, "key")
				want := lru.Entry{Value: []byte("value"), TTL: test.ttl, Version: 7}
				if ok != (test.ttl > 0) || ok && (!same(got, want) || got.Version != 7) {
					t.Errorf("Get = %+v, %v, want %+v", got, ok, want)
				}
				time.Sleep(test.ttl)
				if _, ok := get(c, "key"); ok || c.Len() != 0 {
					t.Errorf("it is found: %v, among %d, after its time", ok, c.Len())
				}
			})
		})
	}
}

func TestDemotedEntriesAreEvictedBeforeAllOthers(t *testing.T) {
	const n = 1000
	c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8)})
	fill(t, c, 0, n)
	held(c, 0, n/4)
	for i := range n / 4 {
		demote(c, numbered(i), time.Hour)
	}
	held(c, 0, n/4) // use does not save them
	fill(t, c, n, n+n/4)
	if gone, stay := held(c, 0, n/4), held(c, n/4, n); gone > n/20 || stay < n*3/4-n/100 {
		t.Errorf("%d of %d demoted entries are held beside %d of %d others", gone, n/4, stay, n*3/4)
	}
}

func TestToStoreADemotedKeyAnewEndsItsDemotion(t *testing.T) {
	const n = 1000
	c := newCache(t, lru.Config{MaxBytes: roomFor(n, 8, 8)})
	fill(t, c, 0, n)
	for i := range n / 2 {
		demote(c, numbered(i), time.Hour)
	}
	fill(t, c, 0, n/4)
	fill(t, c, n, n+n/4+n/16) // a sixteenth more, as there may be room for it
	if again, gone := held(c, 0, n/4), held(c, n/4, n/2); again < n/4-n/100 || gone > n/20 {
		t.Errorf("%d of %d stored anew are held beside %d that were not", again, n/4, gone)
	}
}

func TestDemoteIsForOwnedEntriesThatAreThere(t *testing.T) {
	c := newCache(t, lru.Config{})
	set(c, "hot", lru.Entry{Kind: lru.Hot})
	for _, key := range []string{"hot", "none"} {
		if demote(c, key, time.Minute) {
			t.Errorf("Demote(%s) = true", key)
		}
	}
	if e, ok := get(c, "hot"); !ok || e.TTL != 0 {
		t.Errorf("Get(hot) = %+v, %v, want it as it was", e, ok)
	}
}

func TestAllYieldsDemotedEntriesLast(t *testing.T) {
	c := newCache(t, lru.Config{MaxBytes: 1 << 20})
	fill(t, c, 0, 10)
	held(c, 0, 5)
	demote(c, numbered(0), time.Minute)
	held(c, 0, 1)
	var keys []string
	for key := range c.All() {
		keys = append(keys, key)
	}
	for _, key := range keys[:4] {
		if key == numbered(0) {
			t.Errorf("All yields %v, and %s was demoted", keys, key)
		}
	}
}
