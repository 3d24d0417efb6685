// Package local measures how long it takes to get what a process holds itself.
package local

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
)

// The values that are held.
const (
	keyCount    = 100_000
	valueLength = 100
	room        = 256 << 20 // more than they take in any contender
)

// The names of contenders end in what is called.
const (
	wholeGet  = " Group.Get" // of a cache of a cluster, as programs call it
	bareStore = " store"
)

// inProcess are the caches without a cluster.
var inProcess = []caches.Kind{caches.P2PCache, caches.Otter, caches.Theine, caches.Ristretto, caches.Freecache, caches.GoMap}

// names are those of all contenders, this project's Get first.
func names() []string {
	var all []string
	for _, kind := range peer.Kinds {
		all = append(all, kind+wholeGet)
	}
	for _, kind := range inProcess {
		if kind.Name == caches.P2PCache.Name {
			all = append(all, kind.Name+bareStore)
		} else {
			all = append(all, kind.Name)
		}
	}
	return all
}

// get tells whether a key's value was found.
type get func(ctx context.Context, key string) bool

// hold makes the contender of a name, has it hold copies of the keys, and returns what gets them. Who asks for a key has it from
// a request, not from the cache: a cache that is asked with the very string that it holds need not read the key that it holds.
func hold(ctx context.Context, name string, keys []string) (get, error) {
	if kind, ok := strings.CutSuffix(name, wholeGet); ok {
		return holdInPeer(ctx, kind, keys)
	}
	name = strings.TrimSuffix(name, bareStore)
	i := slices.IndexFunc(inProcess, func(k caches.Kind) bool { return k.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("no contender is called %q", name)
	}
	return holdInCache(inProcess[i], keys)
}

func holdInPeer(ctx context.Context, kind string, keys []string) (get, error) {
	value := make([]byte, valueLength)
	p, err := peer.New(kind, peer.Config{
		CacheBytes: room,
		Load:       func(context.Context, string) ([]byte, error) { return value, nil },
	})
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		if _, err := p.Get(ctx, strings.Clone(key)); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, key string) bool {
		length, err := p.Get(ctx, key)
		return err == nil && length == valueLength
	}, nil
}

func holdInCache(kind caches.Kind, keys []string) (get, error) {
	limit := caches.Limit{Entries: 2 * len(keys)}
	if kind.Name == caches.P2PCache.Name {
		limit = caches.Limit{Bytes: room}
	}
	c, err := kind.New(limit)
	if err != nil {
		return nil, err
	}
	for _, key := range keys {
		c.Set(strings.Clone(key), make([]byte, valueLength))
		c.Settle()
	}
	return func(_ context.Context, key string) bool {
		value, ok := c.Get(key)
		return ok && len(value) == valueLength
	}, nil
}

func keyNames() []string {
	keys := make([]string, keyCount)
	for i := range keys {
		keys[i] = "user:" + strconv.Itoa(1_000_000+i)
	}
	return keys
}
