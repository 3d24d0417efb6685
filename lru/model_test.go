package lru_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// A model is a cache as simple as can be: it forgets nothing but what it is told
// to, and learns from the cache it watches what that has evicted.
type model struct {
	t       *testing.T
	cache   *lru.Cache
	end     time.Time // of the cache's clock: nothing lives longer
	hotMax  int64
	entries map[string]record
	expired uint64
}

type record struct {
	entry    lru.Entry
	deadline time.Time // zero if it never expires
}

func newModel(t *testing.T, maxBytes int64) *model {
	return &model{
		t:       t,
		cache:   newCache(t, lru.Config{MaxBytes: maxBytes}),
		end:     time.Now().Add(math.MaxInt64),
		hotMax:  maxBytes / 8,
		entries: map[string]record{},
	}
}

func (m *model) set(key string, e lru.Entry) {
	stored := m.cache.Set(key, e)
	if want := e.TTL >= 0 && m.cache.Fits(key, e); stored != want {
		m.t.Fatalf("Set(%s, %d bytes, %v, %v) = %v, want %v", key, len(e.Value), e.TTL, e.Kind, stored, want)
	}
	delete(m.entries, key)
	if !stored {
		return
	}
	r := record{entry: e}
	if e.TTL > 0 {
		if r.deadline = time.Now().Add(e.TTL); r.deadline.After(m.end) {
			r.deadline = m.end
		}
	}
	m.entries[key] = r
	m.get(key)
	if _, kept := m.entries[key]; !kept {
		m.t.Fatalf("%s is missing right after Set", key)
	}
}

func (m *model) get(key string) {
	got, ok := m.cache.Get(key)
	want, known := m.live(key)
	switch {
	case ok && !known:
		m.t.Fatalf("Get(%s) = %v, want a miss", key, got)
	case ok && !same(got, want):
		m.t.Fatalf("Get(%s) = %v, want %v", key, got, want)
	case !ok && known:
		m.evicted(key)
	}
}

func (m *model) remove(key string) {
	got := m.cache.Remove(key)
	_, known := m.live(key)
	switch {
	case got && !known:
		m.t.Fatalf("Remove(%s) = true for an unknown key", key)
	case !got && known:
		m.evicted(key)
	}
	delete(m.entries, key)
}

func (m *model) demote(key string, ttl time.Duration) {
	got := m.cache.Demote(key, ttl)
	want, known := m.live(key)
	switch {
	case got && (!known || want.Kind != lru.Owned):
		m.t.Fatalf("Demote(%s) = true for %v", key, want)
	case !got && known && want.Kind == lru.Owned:
		m.evicted(key)
	case got && ttl <= 0:
		delete(m.entries, key)
	case got:
		r := m.entries[key]
		if end := time.Now().Add(ttl); r.deadline.IsZero() || end.Before(r.deadline) {
			r.deadline = end
		}
		m.entries[key] = r
	}
}

func (m *model) purge() {
	m.cache.Purge()
	clear(m.entries)
}

func (m *model) wait(d time.Duration) {
	time.Sleep(d)
	for key, r := range m.entries {
		if !r.deadline.IsZero() && !r.deadline.After(time.Now()) {
			delete(m.entries, key)
			m.expired++
		}
	}
}

// live returns what the cache should have for key.
func (m *model) live(key string) (lru.Entry, bool) {
	r, ok := m.entries[key]
	if ok && !r.deadline.IsZero() {
		r.entry.TTL = time.Until(r.deadline)
	}
	return r.entry, ok
}

// evicted notes that the cache has lost key, which it may not find again.
func (m *model) evicted(key string) {
	if m.cache.Stats().Evictions == 0 {
		m.t.Fatalf("%s is lost though nothing was evicted", key)
	}
	delete(m.entries, key)
}

// check compares everything that the cache says of itself.
func (m *model) check() {
	usage := map[lru.Kind]lru.Usage{}
	seen := map[string]bool{}
	for key, got := range m.cache.All() {
		want, known := m.live(key)
		if !known || !same(got, want) || seen[key] {
			m.t.Fatalf("All yields %s = %v (again: %v), want %v", key, got, seen[key], want)
		}
		seen[key] = true
		u := usage[got.Kind]
		usage[got.Kind] = lru.Usage{Entries: u.Entries + 1, Bytes: u.Bytes + cost(key, got)}
	}
	for key := range m.entries {
		if !seen[key] {
			m.evicted(key)
		}
	}
	m.checkStats(usage)
}

func (m *model) checkStats(usage map[lru.Kind]lru.Usage) {
	s, owned, hot := m.cache.Stats(), usage[lru.Owned], usage[lru.Hot]
	for _, u := range [][2]lru.Usage{{s.Owned, owned}, {s.Hot, hot}} {
		// A header is 3 to 25 bytes long.
		if u[0].Entries != u[1].Entries || u[0].Bytes < u[1].Bytes || u[0].Bytes > u[1].Bytes+22*int64(u[1].Entries) {
			m.t.Fatalf("Stats = %+v, but All yields %+v", s, usage)
		}
	}
	if n := owned.Entries + hot.Entries; m.cache.Len() != n {
		m.t.Fatalf("Len = %d, want %d", m.cache.Len(), n)
	}
	if n := owned.Bytes + hot.Bytes; m.cache.Bytes() < n || m.cache.Bytes() > m.cache.MaxBytes() || hot.Bytes > m.hotMax {
		m.t.Fatalf("Bytes = %d for %d (%d hot) of %d", m.cache.Bytes(), n, hot.Bytes, m.cache.MaxBytes())
	}
	if s.Expirations > m.expired || s.Expirations < m.expired && s.Evictions == 0 {
		m.t.Fatalf("%d expirations, want %d", s.Expirations, m.expired)
	}
}

// run reads a program of four bytes for each call, and checks after every one.
func (m *model) run(program []byte) {
	for ; len(program) >= 4; program = program[4:] {
		op, key, size, ttl := program[0], string(rune('a'+program[1]%32)), program[2], program[3]
		switch op % 16 {
		case 0, 1, 2, 3, 4, 5, 6:
			m.set(key, decoded(op, size, ttl))
		case 7, 8, 9, 10, 11:
			m.get(key)
		case 12:
			m.remove(key)
		case 13:
			m.demote(key, duration(ttl)%(1<<40))
		case 14:
			m.wait(duration(ttl) % (1 << 40))
		case 15:
			if ttl == 0 {
				m.purge()
			}
		}
		m.check()
	}
}

func decoded(op, size, ttl byte) lru.Entry {
	e := lru.Entry{TTL: duration(ttl), Absent: op&16 != 0}
	if op&32 != 0 {
		e.Kind = lru.Hot
	}
	if !e.Absent {
		e.Value = bytes.Repeat([]byte{size}, int(size)*int(size)/32)
	}
	return e
}

// duration has every order of magnitude from an instant to forever, and what is
// before and beyond.
func duration(b byte) time.Duration {
	switch {
	case b < 64:
		return 0
	case b == 255:
		return math.MaxInt64
	case b == 254:
		return -1
	}
	return time.Duration(b) << (b % 48)
}

func TestTheCacheAgreesWithTheModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, maxBytes := range []int64{lru.MinMaxBytes, 5000, 1 << 20} {
		for range 20 {
			program := make([]byte, 4*300)
			for i := range program {
				program[i] = byte(r.Uint32())
			}
			synctest.Test(t, func(t *testing.T) { newModel(t, maxBytes).run(program) })
		}
	}
}

// A loop longer than the cache makes it go by frequency. Then one large entry takes the place of many small ones, of which
// shards of the index shrink, also while it moves.
func TestTheCacheAgreesWithTheModelWhenItGoesByFrequency(t *testing.T) {
	for seed := range uint64(6) {
		synctest.Test(t, func(t *testing.T) {
			m := newModel(t, 64<<10+int64(seed)<<10)
			m.loop(5_000, 6)
			m.mix(rand.New(rand.NewPCG(5, seed)), 2000)
		})
	}
}

// loop asks for so many keys in turn, and stores those that are missed.
func (m *model) loop(keys, times int) {
	for i := range times * keys {
		key := numbered(i % keys)
		m.get(key)
		if _, known := m.live(key); !known {
			m.set(key, lru.Entry{Value: make([]byte, 8)})
		}
	}
	m.check()
}

// mix makes calls of entries of all sizes, and checks after some.
func (m *model) mix(r *rand.Rand, calls int) {
	for i := range calls {
		key := ownKey(0, r.IntN(1000))
		m.set(key, lru.Entry{Value: make([]byte, r.IntN(600)), TTL: time.Duration(r.IntN(2)) * time.Hour})
		for range 3 {
			m.get(key)
		}
		switch old := ownKey(0, r.IntN(1000)); r.IntN(16) {
		case 0:
			m.remove(old)
		case 1:
			m.demote(old, time.Hour)
		case 2:
			m.get(old)
		}
		if i%64 == 0 {
			m.check()
		}
	}
}

func FuzzTheCacheAgreesWithTheModel(f *testing.F) {
	f.Add(uint16(0), []byte("\x00a\x20\x00\x07a\x00\x00\x0ca\x00\x00"))
	f.Add(uint16(3000), []byte("\x00a\xff\x80\x20b\x40\x00\x0e\x00\x00\xa0\x07a\x00\x00"))
	f.Fuzz(func(t *testing.T, more uint16, program []byte) {
		program = program[:min(len(program), 4*1000)]
		synctest.Test(t, func(t *testing.T) {
			newModel(t, lru.MinMaxBytes+int64(more)).run(program)
		})
	})
}
