package node

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/lru"
)

// maxLife bounds TTLs, so that sums of them do not overflow: 73 years.
const maxLife = math.MaxInt64 / 4

// nearlyOver is the life that a stale value is given, so that nobody keeps it.
const nearlyOver = time.Millisecond

// Group is a named set of keys with one Loader, spread over the cluster's nodes. It is safe for concurrent use.
type Group struct {
	name    string
	node    *Node
	cfg     GroupConfig
	space   hashring.Namespace
	store   *lru.Cache
	flights flights
	loads   *limiter
	copies  *limiter // of loads to replicas
	missed  missed
	rates   rates
	peeks   peeks
	lookups sync.Pool

	returned returned
	counts   groupCounts
	made     time.Time
}

// answer is what is known of a key, and where it came from.
type answer struct {
	Value
	absent  bool // the origin does not have the key
	from    source
	version uint64
}

func newGroup(n *Node, name string, cfg GroupConfig) (*Group, error) {
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	store, err := lru.New(lru.Config{MaxBytes: cfg.MaxBytes})
	if err != nil {
		return nil, err
	}
	g := &Group{
		name: name, node: n, cfg: cfg, space: hashring.NewNamespace(name), store: store,
		loads: newLimiter(cfg.MaxLoads, cfg.LoadTimeout/10), copies: newLimiter(cfg.MaxLoads, 0), made: time.Now(),
	}
	g.flights.env = flightEnv{
		ctx: n.ctx, spawn: n.work.spawn, clock: &n.clock, timeout: cfg.LoadTimeout, store: store, fetch: g.fetch,
		unknown: n.keepsNothing, cleared: &n.doubt.cleared, outOfTouch: n.outOfTouch,
		stored: g.replicate, panics: g.logPanic,
	}
	return g, nil
}

func (g *Group) logPanic(key string, cause string, stack []byte) {
	g.node.log.Error().Str("group", g.name).Str("key", key).Str("panic", cause).Bytes("stack", stack).Msg("loader panicked")
}

// Name returns the group's name.
func (g *Group) Name() string { return g.name }

// Get returns a key's value from this node's store, the key's owner, or the origin. It fails with ErrNotFound,
// ErrTooLarge, ErrOverloaded, ErrClosed, an *OriginError, or ctx's error once ctx ends; what it waited for goes on for
// others who wait.
func (g *Group) Get(ctx context.Context, key string) (Value, error) {
	var e lru.Entry
	held := g.store.Read(key, &e)
	if held && g.isPlain(&e) {
		if n := g.counts.gets[fromLocal].add(); isTimed(n) {
			g.timeHit(fromLocal, key, n)
		}
		return Value{Data: e.Value}, nil
	}
	var a answer
	if err := g.answer(ctx, key, held, &e, &a); err != nil {
		return Value{}, err
	}
	return a.Value, nil
}

// isPlain reports whether an entry that this node holds is the answer as it is: what this node owns, does not expire and is in no
// doubt. A Get of such an entry takes so little that to look closer would take as long as all the rest.
func (g *Group) isPlain(e *lru.Entry) bool {
	return e.Kind == lru.Owned && !e.Absent && e.TTL == 0 && e.Version >= g.node.doubt.until.Load()
}

// get fills in what is known of a key.
func (g *Group) get(ctx context.Context, key string, a *answer) error {
	var e lru.Entry
	held := g.store.Read(key, &e)
	return g.answer(ctx, key, held, &e, a)
}

// answer fills in what is known of a key, of which this node may hold an entry.
func (g *Group) answer(ctx context.Context, key string, held bool, e *lru.Entry, a *answer) (err error) {
	if err := g.checkKey(key); err != nil {
		return err
	}
	if held && g.hitOf(key, e, a) {
		g.countHit(a.from, key)
	} else {
		started := time.Now()
		*a, err = g.miss(ctx, started, g.space.Hash(key), key)
		g.counts.miss(a.from, time.Since(started))
	}
	if err == nil && a.absent {
		err = ErrNotFound
	}
	return err
}

func (g *Group) checkKey(key string) error {
	if len(key) <= g.cfg.MaxKeyBytes {
		return nil
	}
	return g.tooLong(key)
}

func (g *Group) tooLong(key string) error {
	return fmt.Errorf("%w: a key of %d bytes, at most %d are allowed", ErrTooLarge, len(key), g.cfg.MaxKeyBytes)
}

func (g *Group) checkValue(v Value) error {
	if len(v.Data) > g.cfg.MaxValueBytes {
		return fmt.Errorf("%w: a value of %d bytes, at most %d are allowed", ErrTooLarge, len(v.Data), g.cfg.MaxValueBytes)
	}
	return nil
}

// hit answers from the store.
func (g *Group) hit(key string, a *answer) bool {
	var e lru.Entry
	return g.store.Read(key, &e) && g.hitOf(key, &e, a)
}

// hitOf answers with an entry that this node holds. What is due is served by the key's owner, which refreshes it meanwhile;
// elsewhere what is stale is a miss.
func (g *Group) hitOf(key string, e *lru.Entry, a *answer) bool {
	if g.doubts(key, e.Version) {
		return false
	}
	g.answerFrom(e, a)
	return !g.isDue(a) || g.hitDue(key, a)
}

func (g *Group) hitDue(key string, a *answer) bool {
	hash := g.space.Hash(key)
	if !g.node.view.Load().owns(hash) {
		return a.from != fromStale
	}
	g.refreshIfDue(hash, key, a, func() float64 { return g.rates.asked(hash, time.Since(g.made)) })
	return true
}

// countHit counts a hit, and times some.
func (g *Group) countHit(from source, key string) {
	if n := g.counts.gets[from].add(); isTimed(n) {
		g.timeHit(from, key, n)
	}
}

// timeHit times the n-th hit that a cell counted by looking once more: reading the clock takes longer than a hit does.
func (g *Group) timeHit(from source, key string, n uint64) {
	started := time.Now()
	g.store.Get(key)
	g.counts.seconds[from].observe(time.Since(started), timedFor(n))
}

// look answers from the store, with what is in no doubt.
func (g *Group) look(key string) (a answer, ok bool) {
	ok = g.lookUp(key, &a)
	return a, ok
}

func (g *Group) lookUp(key string, a *answer) bool {
	var e lru.Entry
	if !g.store.Read(key, &e) || g.doubts(key, e.Version) {
		return false
	}
	g.answerFrom(&e, a)
	return true
}

// answerFrom makes a the answer that an entry is.
func (g *Group) answerFrom(e *lru.Entry, a *answer) {
	a.Data, a.TTL, a.absent, a.from, a.version = e.Value, e.TTL, e.Absent, fromLocal, e.Version
	switch {
	case e.Kind == lru.Hot:
		a.from = fromHot
	case !e.Absent:
		var fresh bool
		if a.TTL, fresh = g.freshLife(e.TTL); !fresh {
			a.TTL, a.from = nearlyOver, fromStale
		}
	}
}

// miss answers by a load if this node owns the key, else by a fetch. It is now.
func (g *Group) miss(ctx context.Context, now time.Time, hash uint64, key string) (answer, error) {
	if err := ctx.Err(); err != nil {
		return answer{from: fromLocal}, err
	}
	g.node.seeClock(now)
	g.node.awaitKnown(ctx)
	if v := g.node.view.Load(); v.owns(hash) {
		return g.flights.do(ctx, loadFlight, hash, key, g.load(hash, key, lru.Owned, g.previousOwners(v, hash)))
	}
	return g.flights.lead(ctx, now, hash, key)
}

// entry is what the store keeps of v. What this node owns outlives its TTL by StaleFor.
func (g *Group) entry(v Value, kind lru.Kind) *lru.Entry {
	e := &lru.Entry{Value: v.Data, TTL: min(v.TTL, maxLife), Kind: kind}
	switch {
	case kind == lru.Hot && (v.TTL == 0 || v.TTL > g.cfg.HotTTL):
		e.TTL = g.cfg.HotTTL
	case kind == lru.Owned && v.TTL > 0:
		e.TTL += g.cfg.StaleFor
	}
	return e
}

// freshLife is what is left of an owned entry's life, which lasts for so long yet, without the time for which it may be served
// stale.
func (g *Group) freshLife(left time.Duration) (time.Duration, bool) {
	if left == 0 {
		return 0, true
	}
	left -= g.cfg.StaleFor
	return left, left > 0
}

// life is the TTL of a value that was loaded or set with ttl: the group's where that is 0.
func (g *Group) life(ttl time.Duration) time.Duration {
	if ttl == 0 {
		return g.cfg.TTL
	}
	return ttl
}

// jittered shortens a life at random by up to Jitter, and at most by half.
func (g *Group) jittered(ttl time.Duration) time.Duration {
	most := min(g.cfg.Jitter, ttl/2)
	if most <= 0 {
		return ttl
	}
	return ttl - rand.N(most)
}
