package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// GetMany gets many keys at once, with one request to each of their owners. It returns the values that were found, by key, and
// the errors of the others joined; a key that is not found is absent, and no error.
func (g *Group) GetMany(ctx context.Context, keys []string) (map[string]Value, error) {
	found := make(map[string]Value, len(keys))
	var errs []error
	for i, r := range g.getMany(ctx, keys) {
		switch {
		case r.err == nil:
			found[keys[i]] = r.Value
		case !errors.Is(r.err, ErrNotFound):
			errs = append(errs, fmt.Errorf("key %q: %w", keys[i], r.err))
		}
	}
	return found, errors.Join(errs...)
}

// result is what a Get returns.
type result struct {
	answer
	err error
}

// maxFlights bounds the flights that one GetMany has under way.
const maxFlights = 4 * transport.MaxKeys

// getMany is get for many keys.
func (g *Group) getMany(ctx context.Context, keys []string) []result {
	results := make([]result, len(keys))
	for at := 0; at < len(keys); at += maxFlights {
		end := min(at+maxFlights, len(keys))
		g.getSome(ctx, keys[at:end], results[at:end])
	}
	for i := range results {
		if results[i].err == nil && results[i].absent {
			results[i].err = ErrNotFound
		}
	}
	return results
}

// getSome answers for keys: those that this node holds at once; what others own by one request to each owner; and what it owns
// itself by as many loads at a time as never are too many. What somebody else fetches already is waited for once all that is done:
// whoever that is may wait for a flight of this call.
func (g *Group) getSome(ctx context.Context, keys []string, results []result) {
	now := time.Now()
	fetches := batches{group: g, view: g.node.view.Load(), now: now, results: results}
	var joined map[int]*flight
	var own []int // and those that are best got one by one
	for i, key := range keys {
		if g.getNow(ctx, key, &results[i]) {
			continue
		}
		hash := g.space.Hash(key)
		if fetches.view.owns(hash) || g.node.outOfTouch() {
			own = append(own, i)
			continue
		}
		f, began := g.flights.enter(now, hash, key)
		if began {
			fetches.add(f, hash, key, i)
			continue
		}
		if joined == nil {
			joined = make(map[int]*flight)
		}
		joined[i] = f
	}
	wait := fetches.begin(ctx, len(own) == 0)
	inParallelUpTo(g.loadsAtOnce(), len(own), func(i int) {
		r, key := &results[own[i]], keys[own[i]]
		r.answer, r.err = g.miss(ctx, time.Now(), g.space.Hash(key), key)
		g.counts.miss(r.from, time.Since(now))
	})
	wait()
	fetches.count(time.Since(now))
	for i, f := range joined {
		results[i].answer, results[i].err = g.flights.wait(ctx, f)
		g.counts.miss(results[i].from, time.Since(now))
	}
}

// loadsAtOnce is how many loads one GetMany may have under way: more would have to queue.
func (g *Group) loadsAtOnce() int { return min(maxParallel, g.cfg.MaxLoads) }

// getNow answers for a key that needs no flight, and reports whether it did.
func (g *Group) getNow(ctx context.Context, key string, r *result) bool {
	if r.err = g.checkKey(key); r.err != nil {
		return true
	}
	if g.hit(key, &r.answer) {
		g.countHit(r.from, key)
		return true
	}
	if r.err = ctx.Err(); r.err != nil {
		g.counts.miss(r.from, 0)
		return true
	}
	return false
}
