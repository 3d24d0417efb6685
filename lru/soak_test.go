package lru_test

import (
	"flag"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

var soak = flag.Duration("soak", 2*time.Second, "how long TestAFullCacheStaysWithinItsBudget runs, by the cache's clock")

// Sizes, lives and removals come at random. What the collector finds alive stays
// within a twentieth of the budget, and does not grow.
func TestAFullCacheStaysWithinItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // so that as much expires in a round on any machine
		const budget = 32 << 20
		before := liveBytes()
		c := newCache(t, lru.Config{MaxBytes: budget})
		r := rand.New(rand.NewPCG(1, 2))
		for end := time.Now().Add(*soak); time.Now().Before(end); time.Sleep(time.Millisecond) {
			for range 400 {
				churn(c, r)
			}
			if time.Now().UnixMilli()%500 == 0 {
				if live := liveBytes() - before; live > budget*105/100 || c.Bytes() > budget {
					t.Fatalf("%d bytes live, and %d counted, of a budget of %d", live, c.Bytes(), budget)
				}
			}
		}
		s := c.Stats()
		if used := float64(s.Owned.Bytes+s.Hot.Bytes) / budget; used < 0.75 {
			t.Errorf("entries take %.2f of the budget", used)
		}
		t.Logf("%+v, %d bytes counted, %d live", s, c.Bytes(), liveBytes()-before)
		runtime.KeepAlive(c)
	})
}

// churn makes one call of those that users make.
func churn(c *lru.Cache, r *rand.Rand) {
	key := numbered(int(r.ExpFloat64() * 50_000))
	switch r.IntN(10) {
	case 0:
		remove(c, key)
	case 1:
		demote(c, key, time.Second)
	case 2, 3, 4, 5:
		e := lru.Entry{Value: make([]byte, int(r.ExpFloat64()*500)), Kind: lru.Kind(r.IntN(2))}
		if r.IntN(100) == 0 {
			e.Value = make([]byte, r.IntN(200_000))
		}
		if r.IntN(2) == 0 {
			e.TTL = time.Duration(1 + r.ExpFloat64()*float64(time.Second))
		}
		set(c, key, e)
	default:
		get(c, key)
	}
}
