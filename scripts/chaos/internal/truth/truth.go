// Package truth knows which values may be answered for a key at a moment, so that every answer of a cluster can be judged.
//
// A key's value has a version, which grows by one with each change. What is true of the past is forgotten: who judges an
// answer asks for the oldest version that may be answered before the question is put, and for the newest one after the answer
// has come.
package truth

import (
	"strconv"
	"sync"
	"time"
)

// Forever is the bound of what lives until it is removed.
const Forever = time.Duration(1<<63 - 1)

// Truth is about a fixed number of keys, numbered from 0. It is safe for concurrent use.
type Truth struct {
	size  int
	bound time.Duration
	keys  []key
}

// key is what is known of one key.
type key struct {
	mu     sync.Mutex
	newest uint64 // guarded by mu; what the origin has
	oldest uint64 // guarded by mu; nothing older may be answered
	ended  []end  // guarded by mu; versions that were replaced and may be answered until the bound has passed, oldest first
}

// end is the moment at which a version was replaced.
type end struct {
	version uint64
	at      time.Time
}

// New returns the truth about a number of keys, whose values are size bytes long or as long as they must be. A value that was
// replaced may be answered for as long as bound, or until it is known to have been removed.
func New(keys, size int, bound time.Duration) *Truth {
	t := &Truth{size: size, bound: bound, keys: make([]key, keys)}
	for i := range t.keys {
		t.keys[i].newest, t.keys[i].oldest = 1, 1
	}
	return t
}

// Keys returns the number of keys.
func (t *Truth) Keys() int { return len(t.keys) }

// Key returns the name of key i.
func Key(i int) string { return "k" + strconv.Itoa(i) }

// Index returns the number of a key by its name.
func (t *Truth) Index(name string) (int, bool) {
	if len(name) < 2 || name[0] != 'k' {
		return 0, false
	}
	i, err := strconv.Atoi(name[1:])
	return i, err == nil && i >= 0 && i < len(t.keys) && Key(i) == name
}

// Newest returns the newest version of key i.
func (t *Truth) Newest(i int) uint64 {
	k := &t.keys[i]
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.newest
}

// Oldest returns the oldest version of key i that may answer a question put now.
func (t *Truth) Oldest(i int) uint64 {
	k := &t.keys[i]
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.ended) > 0 && time.Since(k.ended[0].at) > t.bound {
		k.oldest = max(k.oldest, k.ended[0].version+1)
		k.ended = k.ended[1:]
	}
	return k.oldest
}

// Change replaces the value of key i at the origin, and returns the new version.
func (t *Truth) Change(i int) uint64 {
	k := &t.keys[i]
	k.mu.Lock()
	defer k.mu.Unlock()
	if t.bound != Forever {
		k.ended = append(k.ended, end{k.newest, time.Now()})
	}
	k.newest++
	return k.newest
}

// Settle tells that a cluster has confirmed that it holds nothing older than version of key i.
func (t *Truth) Settle(i int, version uint64) {
	k := &t.keys[i]
	k.mu.Lock()
	defer k.mu.Unlock()
	k.oldest = max(k.oldest, version)
}
