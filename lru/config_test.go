package lru_test

import (
	"math"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/lru"
)

func TestNewAcceptsGoodAndRefusesBadConfiguration(t *testing.T) {
	for _, test := range []struct {
		name     string
		config   lru.Config
		maxBytes int64  // of the cache, if
		err      string // is empty
	}{
		{"zero is 64 MiB", lru.Config{}, 64 << 20, ""},
		{"a budget is kept as it is", lru.Config{MaxBytes: 1_000_003}, 1_000_003, ""},
		{"2 KiB is enough", lru.Config{MaxBytes: 2048}, 2048, ""},
		{"all may be hot", lru.Config{HotShare: 1}, 64 << 20, ""},
		{"no bound in practice", lru.Config{MaxBytes: math.MaxInt64, HotShare: 1}, math.MaxInt64, ""},
		{"less than 2 KiB", lru.Config{MaxBytes: 2047}, 0, "lru: MaxBytes is 2047"},
		{"negative budget", lru.Config{MaxBytes: -1}, 0, "lru: MaxBytes is -1"},
		{"negative share", lru.Config{HotShare: -0.5}, 0, "lru: HotShare is -0.5"},
		{"more than all", lru.Config{HotShare: 1.5}, 0, "lru: HotShare is 1.5"},
		{"not a number", lru.Config{HotShare: math.NaN()}, 0, "lru: HotShare is NaN"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := lru.New(test.config)
			switch {
			case test.err != "":
				if err == nil || !strings.HasPrefix(err.Error(), test.err) {
					t.Errorf("the error is %v, want one that begins %q", err, test.err)
				}
			case err != nil:
				t.Error(err)
			case c.MaxBytes() != test.maxBytes:
				t.Errorf("MaxBytes is %d, want %d", c.MaxBytes(), test.maxBytes)
			case !set(c, "key", lru.Entry{Kind: lru.Hot}) && c.MaxBytes() > lru.MinMaxBytes:
				t.Error("a hot copy was refused")
			}
		})
	}
}
