package node

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// refreshPause is how long a refresh that failed keeps others of the key from beginning.
const refreshPause = time.Second

// isDue reports whether what this node holds should be loaded anew, though it is served: it is stale, or near the end of its life, when
// no more than RefreshAhead of it is left, which only matters if it is hot.
func (g *Group) isDue(a *answer) bool {
	return a.TTL > 0 && !a.absent && g.staleOrNearEnd(a)
}

func (g *Group) staleOrNearEnd(a *answer) bool {
	if a.from != fromLocal {
		return a.from == fromStale
	}
	share := g.cfg.RefreshAhead
	if share <= 0 || g.cfg.TTL > 0 && float64(a.TTL) > share*float64(g.cfg.TTL) {
		return false
	}
	return float64(a.TTL) <= share*float64(wholeLife(a))
}

// wholeLife is how long what is held lives from its load, the time of which is its version, to its end.
func wholeLife(a *answer) time.Duration {
	return time.Duration(max(0, time.Now().UnixNano()-int64(a.version))) + a.TTL
}

// refreshIfDue loads anew what this node owns and is stale, or near its end and asked for so often that many would wait for the
// load then. It does nothing while others queue for loads, nor without an origin.
func (g *Group) refreshIfDue(hash uint64, key string, a *answer, rate func() float64) {
	if g.cfg.Load == nil || g.loads.busy() || a.from != fromStale && rate() < g.hotAhead(a) {
		return
	}
	g.flights.start(loadFlight, hash, key, g.refresh(key))
}

// hotAhead is the rate from which on what is near its end is loaded ahead: hotQPS, or as much less as the end is shorter than the
// second in which the queries are counted.
func (g *Group) hotAhead(a *answer) float64 {
	end := g.cfg.RefreshAhead * wholeLife(a).Seconds()
	return min(hotQPS, max(2, hotQPS*end))
}

// refresh is the run of a load flight that nobody waits for at first: look again, and ask the origin. After a failure it goes on
// for a while, but ends while what is held can be served: whoever comes then begins anew.
func (g *Group) refresh(key string) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		if a, ok := g.look(key); ok && !g.isDue(&a) {
			return outcome{answer: a}
		}
		a, err := g.askOrigin(ctx, key)
		if err == nil {
			return g.settle(a, lru.Owned)
		}
		if held, ok := g.store.Get(key); ok && held.TTL > 0 {
			pause(ctx, min(refreshPause, held.TTL/2))
		}
		return outcome{answer: a, err: err}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
