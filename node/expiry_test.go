package node_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// BenchmarkManyKeysExpireAtOnce reads 10,000 keys that were loaded at one moment, before their lives end, and while they do. It
// reports how many loads ran at once at most, and how the 99th percentile of the Gets' times then compares to that before.
//
//	go test -run '^$' -bench ManyKeysExpire -benchtime 1x ./node
func BenchmarkManyKeysExpireAtOnce(b *testing.B) {
	for b.Loop() {
		peak, steady, expiring := expireAtOnce(b)
		b.ReportMetric(float64(peak), "loads-at-once")
		b.ReportMetric(float64(steady), "steady-p99-ns")
		b.ReportMetric(float64(expiring), "expiring-p99-ns")
		b.ReportMetric(float64(expiring)/float64(steady), "p99-ratio")
	}
}

const expiryMaxLoads = 64

func expireAtOnce(b *testing.B) (peak int64, steady, expiring time.Duration) {
	const keys, ttl = 10_000, 2 * time.Second
	var running, most atomic.Int64
	g := single(b, node.GroupConfig{
		TTL: ttl, Jitter: ttl / 4, StaleFor: time.Minute, MaxLoads: expiryMaxLoads,
		Load: func(ctx context.Context, key string) (node.Value, error) {
			n := running.Add(1)
			defer running.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			return node.Value{Data: []byte(key)}, sleep(ctx, 10*time.Millisecond)
		},
	})
	all := testKeys(keys)
	if _, err := g.GetMany(b.Context(), all); err != nil {
		b.Fatal(err)
	}
	loaded := time.Now()
	steady = readFor(b, g, all, ttl/4)
	for time.Since(loaded) < ttl*3/4 {
		pauseFor(time.Millisecond)
	}
	expiring = readFor(b, g, all, ttl)
	return most.Load(), steady, expiring
}

// readFor gets keys through a few callers for a while, and returns the 99th percentile of the Gets' times.
func readFor(b *testing.B, g *node.Group, keys []string, d time.Duration) time.Duration {
	var mu sync.Mutex
	var times []time.Duration
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			var mine []time.Duration
			for began := time.Now(); time.Since(began) < d; {
				started := time.Now()
				if _, err := g.Get(b.Context(), keys[rand.IntN(len(keys))]); err != nil {
					b.Error(err)
				}
				mine = append(mine, time.Since(started))
				if len(mine)%32 == 0 {
					pauseFor(100 * time.Microsecond) // callers that never rest would leave the loads no processor
				}
			}
			mu.Lock()
			defer mu.Unlock()
			times = append(times, mine...)
		})
	}
	callers.Wait()
	slices.Sort(times)
	return times[len(times)*99/100]
}

func TestKeysThatExpireAtOnceAreNotLoadedAllAtOnce(t *testing.T) {
	const most = 8
	var running, peak atomic.Int64
	g := single(t, node.GroupConfig{
		TTL: 50 * time.Millisecond, StaleFor: time.Minute, MaxLoads: most,
		Load: func(ctx context.Context, key string) (node.Value, error) {
			peak.Store(max(peak.Load(), running.Add(1)))
			defer running.Add(-1)
			return node.Value{Data: []byte(key)}, sleep(ctx, time.Millisecond)
		},
	})
	keys := testKeys(2000)
	if _, err := g.GetMany(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	pauseFor(60 * time.Millisecond)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for _, key := range keys {
				wantGet(t, g, key, key)
			}
		})
	}
	all.Wait()
	if n := peak.Load(); n > most {
		t.Errorf("%d loads at once, at most %d are allowed", n, most)
	}
	if s := g.Stats(); s.Gets[node.SourceStale] == 0 {
		t.Error("nothing was served stale: the test showed nothing")
	}
}
