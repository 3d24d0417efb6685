package node

import (
	"context"
	"slices"
	"time"
)

// lookup is a GetMany, or a part of it. What it takes costs by the call and not by the key: its memory, the flights that it runs
// included, is that of lookups before it.
type lookup struct {
	group   *Group
	view    *view
	now     time.Time
	keys    []string
	results []result // one for each key
	missing []int    // those keys that this node does not hold, by index
	own     []int    // of them, those that it owns, and those that are best got one by one
	flights []flight // that this lookup has begun, and runs; it is never moved
	joined  []joined
	batches []batch // the requests, one to each owner of the flights' keys
}

// joined is a key that somebody else fetches already.
type joined struct {
	flight *flight
	result int // its index
}

// newLookup begins a lookup of keys. It is to be released.
func (g *Group) newLookup(keys []string) *lookup {
	l, ok := g.lookups.Get().(*lookup)
	if !ok {
		l = &lookup{group: g}
	}
	l.keys, l.now = keys, time.Now()
	l.results = slices.Grow(l.results, len(keys))[:len(keys)]
	return l
}

// release gives the memory to lookups to come, but for flights that others have joined, who may still read them.
func (l *lookup) release() {
	g := l.group
	for i := range l.flights {
		if l.flights[i].done != nil {
			l.flights = nil
			break
		}
	}
	clear(l.results)
	clear(l.flights)
	clear(l.joined)
	for i := range l.batches {
		l.batches[i].reset()
	}
	*l = lookup{
		group: g, results: l.results[:0], missing: l.missing[:0], own: l.own[:0],
		flights: l.flights[:0], joined: l.joined[:0], batches: l.batches[:0],
	}
	g.lookups.Put(l)
}

// run answers for the keys: those that this node holds at once; what others own by one request to each owner; and what it owns
// itself by as many loads at a time as never are too many. What somebody else fetches already is waited for once all that is done:
// whoever that is may wait for a flight of this lookup.
func (l *lookup) run(ctx context.Context) {
	g := l.group
	if l.lookAtHand(); len(l.missing) == 0 || l.isOver(ctx) {
		return
	}
	g.node.seeClock(l.now)
	g.node.awaitKnown(ctx)
	l.view = g.node.view.Load()
	l.begin()
	wait := l.startBatches(ctx)
	inParallelUpTo(g.loadsAtOnce(), len(l.own), func(i int) {
		r, key := &l.results[l.own[i]], l.keys[l.own[i]]
		r.answer, r.err = g.miss(ctx, time.Now(), g.space.Hash(key), key)
		g.counts.miss(r.from, time.Since(l.now))
	})
	wait()
	l.countFetched()
	for _, j := range l.joined {
		r := &l.results[j.result]
		r.answer, r.err = g.flights.wait(ctx, j.flight)
		g.counts.miss(r.from, time.Since(l.now))
	}
}

// lookAtHand answers for the keys that this node holds, and for those that are none.
func (l *lookup) lookAtHand() {
	g := l.group
	for i, key := range l.keys {
		r := &l.results[i]
		switch r.err = g.checkKey(key); {
		case r.err != nil:
		case g.hit(key, &r.answer):
			g.countHit(r.from, key)
		default:
			l.missing = append(l.missing, i)
		}
	}
}

// isOver reports whether ctx has ended, which is the answer for what is missing then.
func (l *lookup) isOver(ctx context.Context) bool {
	err := ctx.Err()
	if err == nil {
		return false
	}
	for _, i := range l.missing {
		l.results[i] = result{answer{from: fromLocal}, err}
		l.group.counts.miss(fromLocal, 0)
	}
	return true
}

// begin begins or joins a flight for each missing key that others own.
func (l *lookup) begin() {
	g := l.group
	if g.node.outOfTouch() {
		l.own = append(l.own, l.missing...)
		return
	}
	l.flights = slices.Grow(l.flights, len(l.missing))
	template := g.flights.newFetch(l.now)
	for _, i := range l.missing {
		key := l.keys[i]
		hash := g.space.Hash(key)
		owner := l.view.ring.Owner(hash)
		if owner == l.view.self || owner < 0 {
			l.own = append(l.own, i)
			continue
		}
		template.hash, template.key = hash, key
		l.flights = append(l.flights, template)
		f := &l.flights[len(l.flights)-1]
		if other := g.flights.enterAs(f); other != nil {
			l.flights = l.flights[:len(l.flights)-1]
			l.joined = append(l.joined, joined{other, i})
			continue
		}
		l.batchTo(l.view.owners[owner]).add(f, i)
	}
}

// countFetched counts the Gets that the batches were.
func (l *lookup) countFetched() {
	var sums [numSources]uint64
	for i := range l.batches {
		for _, item := range l.batches[i].items {
			sums[l.results[item.result].from]++
		}
	}
	for from, n := range sums {
		l.group.counts.misses(source(from), n, time.Since(l.now))
	}
}

// loadsAtOnce is how many loads one GetMany may have under way: more would have to queue.
func (g *Group) loadsAtOnce() int { return min(maxParallel, g.cfg.MaxLoads) }
