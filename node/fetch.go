package node

import (
	"context"
	"errors"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// fetchAttempts is how many members a fetch asks: the owner and the one that owns the key once the owner is gone. Every
// survivor of an owner asks the same one, so it loads the key once.
const fetchAttempts = 2

// maxCrossed is how often a member is asked whose replies cross with writes.
const maxCrossed = 8

// fetch is the run of a fetch flight: look again, ask the owner, else the next owner, else load here. A member that does
// not answer costs an attempt, or nothing while its breaker is open; one that answers has the last word.
func (g *Group) fetch(ctx context.Context, now, until time.Time, hash uint64, key string) outcome {
	if g.cfg.HotTTL > 0 { // else a fetch that ended a moment ago kept nothing, and one that loaded here is seen by the load
		if a, ok := g.look(key); ok && a.from != fromStale {
			return outcome{answer: a}
		}
	}
	v := g.node.view.Load()
	var few [fetchAttempts]*peer
	holders := v.appendHolders(few[:0], hash, max(fetchAttempts, g.cfg.Replicas))
	for i, p := range holders {
		if p == nil {
			return g.loadHere(ctx, until, hash, key, g.kindInPlace(i), without(g.previousOwners(v, hash), holders[:i]))
		}
		resp, err := g.askHolder(ctx, now, until, hash, key, holders[i:])
		now = time.Time{} // it was
		out, final := g.fetched(p, hash, key, &resp, err)
		for tries := 1; tries < maxCrossed && !final && err == nil && g.crossed(hash, &resp); tries++ {
			resp, err = g.askHolder(ctx, now, until, hash, key, holders[i:])
			out, final = g.fetched(p, hash, key, &resp, err)
		}
		if final {
			return out
		}
		if err := over(ctx, until); err != nil {
			return outcome{answer: answer{from: fromPeer}, err: g.loadError(err)}
		}
	}
	return g.loadHere(ctx, until, hash, key, lru.Hot, without(g.previousOwners(v, hash), holders))
}

// crossed reports whether a reply is from before a write that this node has heard of since: who replied was told of it before.
func (g *Group) crossed(hash uint64, resp *transport.Response) bool {
	return resp.Version > 0 && resp.Version < g.flights.floor(hash)
}

// kindInPlace is what becomes of a load that this node makes in place of as many owners that did not answer: its own, as it
// owns the key next, unless it is more likely that they can reach each other and not this node.
func (g *Group) kindInPlace(owners int) lru.Kind {
	if owners > 0 && g.node.suspectsItself() {
		return lru.Hot
	}
	return lru.Owned
}

// askHolder asks the first of those who hold a key, with the next one as hedge where that is another replica.
func (g *Group) askHolder(ctx context.Context, now, until time.Time, hash uint64, key string, holders []*peer) (transport.Response, error) {
	r := transport.Request{
		Op: transport.Get, Group: g.name, Key: key, Peer: true, MaxReply: g.cfg.MaxValueBytes, At: now, Until: until,
		Trace: g.node.traceParent(ctx),
	}
	if g.cfg.Replicas > 1 && len(holders) > 1 && holders[1] != nil {
		return g.askHedged(ctx, hash, r, holders[0], holders[1])
	}
	return holders[0].ask(ctx, &r)
}

// fetched reads a peer's reply; false says that the peer has no answer, or one from before a write that this node knows of,
// and another one may.
func (g *Group) fetched(p *peer, hash uint64, key string, resp *transport.Response, err error) (outcome, bool) {
	switch {
	case err != nil || !final(resp.Code):
		return outcome{}, false
	case (resp.Code == transport.OK || resp.Code == transport.NotFound && resp.Version > 0) && !g.believe(p, hash, key, resp.Version):
		return outcome{}, false
	case resp.Code == transport.OK:
		a := answer{Value: Value{Data: resp.Value, TTL: resp.TTL}, from: fromPeer, version: resp.Version}
		out := outcome{answer: a}
		if resp.MinuteQPS >= hotQPS && g.cfg.HotTTL > 0 {
			out.keep = g.entry(out.answer.Value, lru.Hot)
		}
		return out, true
	case resp.Code == transport.NotFound:
		return outcome{answer: answer{absent: true, from: fromPeer, version: resp.Version}}, true
	}
	return outcome{answer: answer{from: fromPeer}, err: errorOf(*resp)}, true
}

// loadHere joins the load flight from within a fetch flight, when those who own the key did not answer. As lru.Owned, this node
// is the next owner; as lru.Hot it only helps itself, and keeps a copy for as long as one of a peer's.
func (g *Group) loadHere(ctx context.Context, until time.Time, hash uint64, key string, kind lru.Kind, holders []*peer) outcome {
	ctx, cancel := context.WithDeadline(ctx, until)
	defer cancel()
	a, err := g.flights.do(ctx, loadFlight, hash, key, g.load(hash, key, kind, holders))
	var origin *OriginError
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) && !errors.As(err, &origin) {
		err = g.loadError(err)
	}
	return outcome{answer: a, err: err}
}
