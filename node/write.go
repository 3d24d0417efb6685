package node

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// Set stores a value under key at its owner and the owner's replicas, and makes every other member forget what it holds
// of the key. A TTL of 0 is the group's; a negative one is an error. An *UnreachableError says which members were not told.
func (g *Group) Set(ctx context.Context, key string, v Value) error {
	if err := g.checkKey(key); err != nil {
		return err
	}
	if err := g.checkValue(v); err != nil {
		return err
	}
	if v.TTL < 0 {
		return fmt.Errorf("set: the TTL is %v: want no negative duration", v.TTL)
	}
	return g.write(ctx, transport.Request{
		Op: transport.Set, Group: g.name, Key: key, Value: v.Data, TTL: g.life(v.TTL), Peer: true,
	})
}

// Remove makes every member forget the keys: after it returned nil, no Get that begins returns what was stored before,
// nor what a load brings that began before. An *UnreachableError says which members were not told.
func (g *Group) Remove(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := g.checkKey(key); err != nil {
			return err
		}
	}
	errs := make([]error, len(keys))
	inParallel(len(keys), func(i int) {
		errs[i] = g.write(ctx, transport.Request{Op: transport.Remove, Group: g.name, Key: keys[i], Peer: true})
	})
	return unreachable(errs...)
}

// Purge makes every member forget every key of the group. An *UnreachableError says which members were not told.
func (g *Group) Purge(ctx context.Context) error {
	purge := transport.Request{Op: transport.Purge, Group: g.name, Version: g.node.clock.next(), Peer: true}
	// What a member fetches while another was not told yet may be old: so all are told twice.
	return unreachable(
		g.tellAll(ctx, g.node.view.Load().everyone(), purge),
		g.tellAll(ctx, g.node.view.Load().everyone(), purge),
	)
}

// write carries a change of one key through the cluster: one after the other to those who may hold the key, in the
// ring's order, and then to all others at once, who forget it. The first that is reached issues the version. The order
// matters: a member that was told fetches from those who were told before it.
func (g *Group) write(ctx context.Context, change transport.Request) error {
	v := g.node.view.Load()
	forget := transport.Request{Op: transport.Remove, Group: g.name, Key: change.Key, Peer: true}
	holders := v.holders(g.space.Hash(change.Key), max(fetchAttempts, g.cfg.Replicas))
	errs := make([]error, len(holders))
	holding := 0
	for i, p := range holders {
		request := forget
		if holding < g.cfg.Replicas {
			request = change
		}
		var version uint64
		version, errs[i] = g.tell(ctx, p, request)
		switch {
		case errs[i] == nil:
			holding++
			change.Version = max(change.Version, version)
			forget.Version = change.Version
		case holding == 0 && errors.Is(errs[i], ErrTooLarge):
			return errs[i] // nobody will keep it: what is held stays
		}
	}
	errs = append(errs, g.tellAll(ctx, without(v.everyone(), holders), forget))
	if later := g.node.view.Load(); later != v { // who came meanwhile may have asked somebody who was not told yet
		errs = append(errs, g.tellAll(ctx, without(later.everyone(), v.everyone()), forget))
	}
	return unreachable(errs...)
}

// without returns the members of all that are not among some.
func without(all, some []*peer) []*peer {
	return slices.DeleteFunc(all, func(p *peer) bool { return slices.Contains(some, p) })
}

// tellAll sends a request to members at once.
func (g *Group) tellAll(ctx context.Context, members []*peer, r transport.Request) error {
	errs := make([]error, len(members))
	inParallel(len(members), func(i int) { _, errs[i] = g.tell(ctx, members[i], r) })
	return unreachable(errs...)
}

// tell carries out a write here, where p is nil, or at a peer, and returns its version.
func (g *Group) tell(ctx context.Context, p *peer, r transport.Request) (uint64, error) {
	if g.node.ctx.Err() != nil {
		return 0, ErrClosed
	}
	var resp transport.Response
	if p == nil {
		resp = g.servePeer(ctx, r)
	} else {
		var err error
		if resp, err = p.do(ctx, r); err != nil {
			return 0, &UnreachableError{Members: []string{p.Name}, Err: err}
		}
	}
	switch resp.Code {
	case transport.OK, transport.Superseded:
		return resp.Version, nil
	case transport.TooLarge:
		return 0, errorOf(resp)
	case transport.UnknownGroup:
		if r.Op != transport.Set {
			return 0, nil // it holds nothing
		}
	}
	return 0, &UnreachableError{Members: []string{g.node.nameOf(p)}, Err: errorOf(resp)}
}

// put stores a value as this node's own, and returns the version that it got.
func (g *Group) put(hash uint64, key string, v Value) (uint64, error) {
	if err := g.checkValue(v); err != nil {
		return 0, err
	}
	e := g.entry(v, lru.Owned)
	if !g.store.Fits(key, *e) {
		return 0, fmt.Errorf("%w: a value of %d bytes does not fit in MaxBytes, which is %d", ErrTooLarge, len(v.Data), g.cfg.MaxBytes)
	}
	return g.flights.fence(hash, key, 0, func(version uint64) {
		e.Version = version
		g.store.Set(hash, key, *e)
	}), nil
}

// drop forgets a key, and returns the version of that.
func (g *Group) drop(hash uint64, key string, version uint64) uint64 {
	return g.flights.fence(hash, key, version, func(uint64) { g.store.Remove(hash, key) })
}

// dropAll forgets every key.
func (g *Group) dropAll(version uint64) { g.flights.fenceAll(version, g.store.Purge) }
