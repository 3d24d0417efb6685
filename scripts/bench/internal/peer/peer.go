// Package peer gives the caches that are embedded in the processes that use them one interface.
package peer

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Group is the name of the one group that every peer has.
const Group = "bench"

// Peer is this process's member of a distributed cache. It is safe for concurrent use.
type Peer interface {
	// Kind is the name of its kind.
	Kind() string

	// Address is what other peers Meet it by.
	Address() string

	// URL is where it serves plain GETs of Group, up to the key.
	URL() string

	// Meet makes the peers at the addresses, this one's among them, all that there are, and returns once they are known.
	Meet(ctx context.Context, addresses []string) error

	// Get gets a value, which lies there to be read without being copied, and returns its length.
	Get(ctx context.Context, key string) (int, error)

	// GetMany gets many values, and returns the sum of their lengths.
	GetMany(ctx context.Context, keys []string) (int, error)

	// Owns tells whether the key is this peer's to load.
	Owns(key string) bool

	Close()
}

// Config says how a Peer holds values.
type Config struct {
	// Load brings a value from its origin.
	Load func(ctx context.Context, key string) ([]byte, error)

	// CacheBytes bounds what it holds. If zero, it holds nothing but what it must.
	CacheBytes int64

	// HotCopies allows it to keep copies of what other peers own.
	HotCopies bool
}

// kinds are the ways to make a Peer.
var kinds = map[string]func(Config) (Peer, error){P2PCache: newP2PCache, Groupcache: newGroupcache}

// The kinds of peers.
const (
	P2PCache   = "p2pcache"
	Groupcache = "groupcache"
)

// Kinds are all kinds, this project first.
var Kinds = []string{P2PCache, Groupcache}

// New makes a peer of a kind. There can be one of kind groupcache in a process.
func New(kind string, config Config) (Peer, error) {
	if !slices.Contains(Kinds, kind) {
		return nil, fmt.Errorf("no kind of peer is called %q: want %s", kind, strings.Join(Kinds, " or "))
	}
	return kinds[kind](config)
}
