package node

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Defaults of GroupConfig.
const (
	DefaultMaxBytes      = 64 << 20
	DefaultRefreshAhead  = 0.1
	DefaultHotTTL        = 5 * time.Second
	DefaultLoadTimeout   = 10 * time.Second
	DefaultMaxLoads      = 256
	DefaultMaxKeyBytes   = 4 << 10
	DefaultMaxValueBytes = 64 << 20
)

// maxRefreshAhead bounds RefreshAhead: what is loaded anew again and again would be loaded by hardly anybody else.
const maxRefreshAhead = 0.5

// Limits of GroupConfig.
const (
	MaxReplicas = 16

	// MaxMaxKeyBytes is what a request's header has room for: a byte of a key may take three.
	MaxMaxKeyBytes = 256 << 10
)

// A Loader reads a key's value from the origin. It returns ErrNotFound, possibly wrapped, for a key that the origin
// does not have. It must return soon after ctx ends, and must not Get its own key, for which it would wait in vain. The Value's
// Data must not change afterwards; its TTL is the value's life, or the group's where it is 0; a value with a negative TTL is
// served and not kept. A Loader is called from many goroutines, and for one key again while it still runs only where a
// write came between or LoadTimeout has passed. Its ctx has the values of the context of the Get that began the load, such as a trace,
// where that Get was made on this node, and those of Config.RequestContext where it came as a request; it has neither that
// Get's deadline nor its end.
type Loader func(ctx context.Context, key string) (Value, error)

// GroupConfig says what a group holds, for how long, and where it comes from. Every node of a cluster should give a
// group the same one. The zero value is a cache without an origin: what is Set is found until it is evicted.
type GroupConfig struct {
	// MaxBytes bounds the memory that the group's entries take on this node: keys, values, overhead and hot copies.
	// If zero, 64 MiB.
	MaxBytes int64

	// Load reads a key from the origin. If nil, there is no origin: a key that was not Set is not found.
	Load Loader

	// TTL is the life of a value that brings none of its own. If zero, values do not expire.
	TTL time.Duration

	// Jitter is the most by which a loaded value's life is shortened, at random, so that what was loaded together does
	// not expire together. It never takes more than half of a life. If zero, lives are exact.
	Jitter time.Duration

	// NegativeTTL is how long it is remembered that the origin does not have a key. If zero, it is asked every time.
	NegativeTTL time.Duration

	// StaleFor is how long an expired value is still served while it is refreshed in the background, or while the
	// origin fails, which is then asked once a second. If zero, an expired value is never served.
	StaleFor time.Duration

	// RefreshAhead is the share of a life, at its end, in which a value is loaded anew in the background if it is hot, so
	// that those who ask for it do not wait when it expires. If zero, a tenth; if negative, values are not loaded ahead; at
	// most a half.
	RefreshAhead float64

	// HotTTL is the life of the copies that a node keeps of a peer's hot keys. If zero, 5 s; if negative, none are
	// kept.
	HotTTL time.Duration

	// Replicas is the number of members that hold each key: its owner and those that come next on the ring. If zero,
	// 1; at most MaxReplicas.
	Replicas int

	// LoadTimeout bounds a load, and so a Get. If zero, 10 s.
	LoadTimeout time.Duration

	// MaxLoads bounds the loads that run at once on this node. Ten times as many may wait; beyond that, a Get that
	// must load fails with ErrOverloaded, and so does one that has waited for nine tenths of LoadTimeout. If zero, 256.
	MaxLoads int

	// MaxKeyBytes is the length of the longest key. If zero, 4 KiB; at most MaxMaxKeyBytes.
	MaxKeyBytes int

	// MaxValueBytes is the length of the longest value. If zero, 64 MiB. A value that the limit allows but that is too
	// large for MaxBytes is served and not kept if it was loaded, and refused if it was Set.
	MaxValueBytes int

	// ExposeErrors sends the text of the Loader's errors to clients from outside the cluster too, and not only to its members.
	// If false, they learn that the origin failed: such a text may hold what is not for them.
	ExposeErrors bool
}

func (c GroupConfig) withDefaults() GroupConfig {
	c.MaxBytes = orDefault(c.MaxBytes, DefaultMaxBytes)
	c.RefreshAhead = orDefault(c.RefreshAhead, DefaultRefreshAhead)
	c.HotTTL = orDefault(c.HotTTL, DefaultHotTTL)
	c.StaleFor = min(c.StaleFor, maxLife)
	c.Replicas = orDefault(c.Replicas, 1)
	c.LoadTimeout = orDefault(c.LoadTimeout, DefaultLoadTimeout)
	c.MaxLoads = orDefault(c.MaxLoads, DefaultMaxLoads)
	c.MaxKeyBytes = orDefault(c.MaxKeyBytes, DefaultMaxKeyBytes)
	c.MaxValueBytes = orDefault(c.MaxValueBytes, DefaultMaxValueBytes)
	return c
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

func (c GroupConfig) validate() error {
	var errs []error
	positive := func(name string, v int64) {
		if v <= 0 {
			errs = append(errs, fmt.Errorf("config: %s is %d: want a positive number", name, v))
		}
	}
	positive("MaxBytes", c.MaxBytes)
	positive("MaxLoads", int64(c.MaxLoads))
	positive("MaxKeyBytes", int64(c.MaxKeyBytes))
	positive("MaxValueBytes", int64(c.MaxValueBytes))
	for name, d := range map[string]time.Duration{
		"TTL": c.TTL, "Jitter": c.Jitter, "NegativeTTL": c.NegativeTTL, "StaleFor": c.StaleFor, "LoadTimeout": c.LoadTimeout,
	} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("config: %s is %v: want no negative duration", name, d))
		}
	}
	if c.MaxKeyBytes > MaxMaxKeyBytes {
		errs = append(errs, fmt.Errorf("config: MaxKeyBytes is %d: want at most %d", c.MaxKeyBytes, MaxMaxKeyBytes))
	}
	if !(c.RefreshAhead <= maxRefreshAhead) {
		errs = append(errs, fmt.Errorf("config: RefreshAhead is %v: want at most %v", c.RefreshAhead, maxRefreshAhead))
	}
	if c.Replicas < 1 || c.Replicas > MaxReplicas {
		errs = append(errs, fmt.Errorf("config: Replicas is %d: want 1 to %d", c.Replicas, MaxReplicas))
	}
	return errors.Join(errs...)
}
