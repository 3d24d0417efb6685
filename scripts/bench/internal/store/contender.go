// Package store measures caches within one process: how fast they answer and store, what memory they take, and what they cost the
// garbage collector.
package store

import (
	"fmt"
	"slices"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
)

// What an entry consists of.
const (
	keyLength   = 16
	valueLength = 100
)

// kinds are the contenders, this project's store first.
var kinds = []caches.Kind{
	caches.P2PCache, caches.Groupcache, caches.Otter, caches.Theine, caches.Ristretto, caches.Freecache, caches.Bigcache,
}

// keyName is a number in as many digits. It is called for each entry that is stored, and so is plain.
func keyName(i int) string {
	var digits [keyLength]byte
	for at := keyLength - 1; at >= 0; at-- {
		digits[at] = byte('0' + i%10)
		i /= 10
	}
	return string(digits[:])
}

// kindNamed returns the contender of a name.
func kindNamed(name string) (caches.Kind, error) {
	i := slices.IndexFunc(kinds, func(k caches.Kind) bool { return k.Name == name })
	if i < 0 {
		return caches.Kind{}, fmt.Errorf("no cache is called %q", name)
	}
	return kinds[i], nil
}

// holding makes a cache that is full with about so many entries.
func holding(kind caches.Kind, entries int) (caches.Cache, error) {
	limit := caches.Limit{Entries: entries}
	if kind.Name == caches.P2PCache.Name {
		budget, err := caches.BudgetFor(entries, int64(entries)*(keyLength+valueLength), fillTrial)
		if err != nil {
			return nil, err
		}
		limit = caches.Limit{Bytes: budget}
	}
	c, err := kind.New(limit)
	if err != nil {
		return nil, err
	}
	fill(c, 0, 2*entries)
	return c, nil
}

// fillTrial returns the most entries that this project's store holds while new ones come in.
func fillTrial(budget int64) (int, error) {
	c, err := caches.P2PCache.New(caches.Limit{Bytes: budget})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	const looks = 100
	most := int(budget / (keyLength + valueLength)) // it cannot hold more
	peak := 0
	for from := 0; from < 2*most; from += most/looks + 1 {
		fill(c, from, most/looks+1)
		peak = max(peak, c.Len())
	}
	return peak, nil
}

// fill sets so many entries from a number on, each with a value of its own.
func fill(c caches.Cache, from, count int) {
	for i := from; i < from+count; i++ {
		c.Set(keyName(i), make([]byte, valueLength))
	}
	c.Settle()
}
