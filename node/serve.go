package node

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// handler answers what comes over the network. A client's request is carried out for the whole cluster, a peer's here
// alone.
type handler Node

// MaxValueBytes implements transport.Handler.
func (h *handler) MaxValueBytes(group string) (int, bool) {
	g, ok := (*Node)(h).groups.find(group)
	if !ok {
		return 0, false
	}
	return g.cfg.MaxValueBytes, true
}

// ServeCached implements transport.CachedHandler: it answers a Get with what the store holds.
func (h *handler) ServeCached(r transport.Request) (transport.Response, bool) {
	n := (*Node)(h)
	g, ok := n.groups.find(r.Group)
	if !ok || r.Version > 0 || n.ctx.Err() != nil {
		return transport.Response{}, false
	}
	n.seeClock(r.At)
	var resp transport.Response
	held := g.serveCached(&r, r.Key, &resp)
	return resp, held
}

// ServeManyCached implements transport.CachedManyHandler: it answers the keys that the store holds.
func (h *handler) ServeManyCached(r transport.Request, items []transport.Response, missing []int) []int {
	n := (*Node)(h)
	g, ok := n.groups.find(r.Group)
	ok = ok && r.Version == 0 && n.ctx.Err() == nil
	if ok {
		n.seeClock(r.At)
	}
	for i, key := range r.Keys {
		if !ok || !g.serveCached(&r, key, &items[i]) {
			missing = append(missing, i)
		}
	}
	return missing
}

// serveCached answers for a key, which is only lent, with what the store holds.
func (g *Group) serveCached(r *transport.Request, key string, resp *transport.Response) bool {
	var a answer
	if !g.lookUp(key, &a) || a.absent || r.MaxReply > 0 && len(a.Data) > r.MaxReply || a.from == fromStale || !r.Peer && g.isDue(&a) {
		return false
	}
	*resp = transport.Response{Value: a.Data, TTL: a.TTL, Version: a.version, Hit: true, Source: a.from.String()}
	switch {
	case r.Peer:
		g.counts.served.add()
		if !r.CachedOnly {
			resp.MinuteQPS = g.rates.asked(g.space.Hash(key), r.At.Sub(g.made))
		}
		if !r.CachedOnly && g.isDue(&a) {
			key := strings.Clone(key)
			g.refreshIfDue(g.space.Hash(key), key, &a, func() float64 { return resp.MinuteQPS })
		}
	case !r.CachedOnly:
		g.countHit(a.from, key)
	}
	return true
}

// Serve implements transport.Handler.
func (h *handler) Serve(ctx context.Context, r transport.Request) transport.Response {
	n := (*Node)(h)
	if n.ctx.Err() != nil {
		return responseTo(ErrClosed, r.Peer)
	}
	n.seeClock(time.Now())
	if !n.clock.hear(r.Version) {
		return transport.Response{Code: transport.BadRequest, Text: "the version is of a time to come: set the clocks"}
	}
	g, ok := n.groups.find(r.Group)
	if !ok {
		return responseTo(fmt.Errorf("%w %q", ErrUnknownGroup, r.Group), r.Peer)
	}
	if r.Op == transport.GetMany {
		return h.serveMany(ctx, g, r)
	}
	if err := g.checkKey(r.Key); err != nil {
		return responseTo(err, r.Peer)
	}
	if r.Peer {
		return g.servePeer(ctx, r)
	}
	return g.serveClient(ctx, r)
}

// serveMany answers for each key as if it were asked for by itself.
func (h *handler) serveMany(ctx context.Context, g *Group, r transport.Request) transport.Response {
	items := make([]transport.Response, len(r.Keys))
	if !r.Peer {
		g.getMany(ctx, r.Keys, func(i int, got *result) { items[i] = response(got.answer, got.err, g.cfg.ExposeErrors) })
		return transport.Response{Items: items}
	}
	missing := h.ServeManyCached(r, items, nil)
	get := r
	get.Op, get.Keys = transport.Get, nil
	late := g.loads.lateness(ctx)
	inParallelUpTo(g.loadsAtOnce(), len(missing), func(i int) {
		item := &items[missing[i]]
		if late() {
			*item = responseTo(ErrOverloaded, r.Peer)
			return
		}
		one := get
		one.Key = r.Keys[missing[i]]
		*item = h.Serve(ctx, one)
	})
	return transport.Response{Items: items}
}

// serveClient answers somebody from outside the cluster, who is told of the origin's errors only where that is configured.
func (g *Group) serveClient(ctx context.Context, r transport.Request) transport.Response {
	var a answer
	var err error
	switch {
	case r.Op == transport.Get && r.CachedOnly:
		return g.serveHeld(r)
	case r.Op == transport.Get:
		err = g.get(ctx, r.Key, &a)
	default:
		err = g.serveWrite(ctx, r)
	}
	return response(a, err, g.cfg.ExposeErrors)
}

// serveWrite carries out a client's write. Once begun it does not end with the client's connection: not all members would
// be told.
func (g *Group) serveWrite(ctx context.Context, r transport.Request) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.cfg.LoadTimeout)
	defer cancel()
	switch r.Op {
	case transport.Set:
		return g.Set(ctx, r.Key, Value{Data: r.Value, TTL: r.TTL})
	case transport.Remove:
		return g.Remove(ctx, r.Key)
	default:
		return g.Purge(ctx)
	}
}

// servePeer answers from this node's store, or by a load of its own. It never asks another member on the peer's behalf, and
// never waits for a fetch.
func (g *Group) servePeer(ctx context.Context, r transport.Request) transport.Response {
	hash := g.space.Hash(r.Key)
	if r.Op == transport.Get {
		g.counts.served.add()
	}
	switch {
	case r.Op == transport.Get && r.CachedOnly:
		return g.serveHeld(r)
	case r.Op == transport.Get:
		return g.serveGet(ctx, hash, r)
	}
	if err := ctx.Err(); err != nil {
		return responseTo(err, r.Peer) // whoever sent it has given it up, and may have written anew
	}
	switch {
	case r.Op == transport.Set && g.node.emptied.Load():
		return transport.Response{Code: transport.Unavailable, Text: "this member has left"}
	case r.Op == transport.Set && r.Version > 0:
		return g.takeCopy(hash, r)
	}
	version, first, err := g.carryOut(ctx, hash, r)
	if first && err == nil {
		err = g.passOn(ctx, r, version)
	}
	resp := response(answer{}, err, r.Peer)
	resp.Version = version
	return resp
}

// carryOut makes a write here. It returns its version, and whether this node hears of it for the first time.
func (g *Group) carryOut(ctx context.Context, hash uint64, r transport.Request) (version uint64, first bool, err error) {
	switch r.Op {
	case transport.Set:
		if version, first, err = g.put(hash, r.Key, Value{Data: r.Value, TTL: r.TTL}, r.Version); err == nil {
			err = g.settleSet(ctx, hash, r.Key)
		}
	case transport.Remove:
		version, first = g.drop(hash, r.Key, r.Version)
	case transport.Purge:
		version, first = r.Version, g.dropAll(r.Version)
	}
	return version, first, err
}

func (g *Group) serveGet(ctx context.Context, hash uint64, r transport.Request) transport.Response {
	v, rate := g.node.view.Load(), g.rates.asked(hash, r.At.Sub(g.made))
	a, ok := g.look(r.Key)
	var err error
	switch {
	case !ok && len(v.others) == 0:
		// This node was noticed before it knows the others, one of whom will have the key.
		return transport.Response{Code: transport.Unavailable, Text: "this member knows no other one yet"}
	case !ok:
		g.node.awaitKnown(ctx)
		v = g.node.view.Load()
		a, err = g.flights.do(ctx, loadFlight, hash, r.Key, g.load(hash, r.Key, lru.Owned, g.holdersElsewhere(v, hash)))
	case g.isDue(&a):
		g.refreshIfDue(hash, r.Key, &a, func() float64 { return rate })
	}
	resp := response(a, err, true)
	resp.MinuteQPS = rate
	return resp
}

// serveHeld answers from the store, and with what is not past its life.
func (g *Group) serveHeld(r transport.Request) transport.Response {
	a, ok := g.look(r.Key)
	if !ok || a.absent || a.from == fromStale {
		return transport.Response{Code: transport.NotCached, Text: "not cached", Version: g.vouches(g.space.Hash(r.Key))}
	}
	return response(a, nil, r.Peer)
}

// takeCopy keeps what another member sent as this one's own, unless this node is leaving.
func (g *Group) takeCopy(hash uint64, r transport.Request) transport.Response {
	h := &g.node.handovers
	if !h.intake.enter() {
		return transport.Response{Code: transport.Unavailable, Text: "this member is leaving"}
	}
	defer h.intake.leave()
	var err error
	g.returned.take(r.Key, func() { _, _, err = g.put(hash, r.Key, Value{Data: r.Value, TTL: r.TTL}, r.Version) })
	if !g.node.view.Load().holds(hash, g.cfg.Replicas) {
		signal(h.strayed) // others refused it, or it comes from a node that sees another ring
	}
	resp := response(answer{}, err, r.Peer)
	resp.Version = r.Version
	return resp
}

// response is the reply to a request that ended in a and err, with the text of an origin's error if expose says so.
func response(a answer, err error, expose bool) transport.Response {
	if err == nil && a.absent {
		resp := responseTo(ErrNotFound, expose)
		resp.Version = a.version
		return resp
	}
	if err != nil {
		return responseTo(err, expose)
	}
	hit := a.from != fromPeer && a.from != fromOrigin
	return transport.Response{Value: a.Data, TTL: a.TTL, Version: a.version, Hit: hit, Source: a.from.String()}
}
