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
	purge := transport.Request{Op: transport.Purge, Group: g.name, Version: g.node.clock.nextWrite(), Peer: true}
	// What a member fetches while another was not told yet may be old: so all are told twice.
	err := unreachable(
		g.tellAll(ctx, g.node.view.Load().everyone(), purge),
		g.tellAll(ctx, g.node.view.Load().everyone(), purge),
	)
	g.tellLost(ctx, purge)
	g.spreadPurge(purge.Version)
	return err
}

// write carries a change of one key through the cluster: one after the other to those who may hold the key, in the
// ring's order, and then to all others at once, who forget it. The first that is reached issues the version. The order
// matters: a member that was told fetches from those who were told before it.
func (g *Group) write(ctx context.Context, change transport.Request) error {
	v := g.node.view.Load()
	again := change
	forget := transport.Request{Op: transport.Remove, Group: g.name, Key: change.Key, Peer: true}
	holders := v.holders(g.space.Hash(change.Key), max(fetchAttempts, g.cfg.Replicas))
	errs := make([]error, len(holders))
	holding, departed := 0, 0
	for i, p := range holders {
		request, keeps := forget, p != nil || !g.node.isUnknown()
		if keeps && holding < g.cfg.Replicas {
			request = change
		}
		var version uint64
		version, errs[i] = g.tell(ctx, p, request)
		switch {
		case errs[i] == nil:
			if keeps {
				holding++
			}
			change.Version = max(change.Version, version)
			forget.Version = change.Version
		case errors.Is(errs[i], errDeparted):
			departed, errs[i] = departed+1, nil
		case holding == 0 && errors.Is(errs[i], ErrTooLarge):
			return errs[i] // nobody will keep it: what is held stays
		}
	}
	switch {
	case holding == 0 && departed > 0: // others hold the key now
		return g.writeAgain(ctx, again, v)
	case holding == 0 && change.Op == transport.Set && unreachable(errs...) == nil: // this node alone would, and keeps nothing
		return g.writeOnceKnown(ctx, again, v)
	}
	if holding > 0 { // who has no such group, or not yet, holds nothing of it
		errs = slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, ErrUnknownGroup) })
	}
	errs = append(errs, g.tellAll(ctx, without(v.everyone(), holders), forget))
	g.tellLost(ctx, forget)
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
	inParallel(len(members), func(i int) {
		if _, errs[i] = g.tell(ctx, members[i], r); errors.Is(errs[i], errDeparted) {
			errs[i] = nil
		}
	})
	return unreachable(errs...)
}

// tell carries out a write here, where p is nil, or at a peer, and returns its version; errDeparted where the peer need not be told
// any more.
func (g *Group) tell(ctx context.Context, p *peer, r transport.Request) (uint64, error) {
	if g.node.ctx.Err() != nil {
		return 0, ErrClosed
	}
	if p == nil {
		version, _, err := g.carryOut(ctx, g.space.Hash(r.Key), r)
		if errors.Is(err, errSuperseded) {
			err = nil
		}
		return version, err
	}
	resp, err := p.do(ctx, &r)
	if err != nil {
		if ctx.Err() == nil && g.node.departed(ctx, p) {
			return 0, errDeparted
		}
		return 0, &UnreachableError{Members: []string{p.Name}, Err: err}
	}
	switch resp.Code {
	case transport.OK, transport.Superseded:
		return resp.Version, nil
	case transport.Unreachable:
		return 0, errorOf(resp) // it was carried out there, if not everywhere that it was passed on to
	case transport.TooLarge:
		return 0, errorOf(resp)
	case transport.Unavailable:
		return 0, g.refused(ctx, p, r)
	case transport.UnknownGroup:
		if r.Op != transport.Set {
			return 0, nil // it holds nothing
		}
	}
	return 0, &UnreachableError{Members: []string{p.Name}, Err: errorOf(resp)}
}

// put stores a value as this node's own: as a new version, or, where it has one, unless something as new is known of the key,
// which is errSuperseded. It returns the version, and whether it is new.
func (g *Group) put(hash uint64, key string, v Value, version uint64) (uint64, bool, error) {
	if err := g.checkValue(v); err != nil {
		return 0, false, err
	}
	e := g.entry(v, lru.Owned)
	if !g.store.Fits(key, *e) {
		return 0, false, fmt.Errorf("%w: a value of %d bytes does not fit in MaxBytes, which is %d", ErrTooLarge, len(v.Data), g.cfg.MaxBytes)
	}
	if version > 0 {
		e.Version = version
		if !g.flights.keep(hash, key, *e) {
			return 0, false, errSuperseded
		}
		return version, false, nil
	}
	version, first := g.flights.fence(hash, key, 0, func(version uint64) {
		if e.Version = version; !g.node.emptied.Load() {
			g.store.Set(key, *e)
		}
	})
	return version, first, nil
}

// drop forgets a key, unless what is held was Set as that version or a newer one. What was loaded goes even if its version is
// newer: it may be of a member whose clock is ahead. It returns the version, and whether this node hears of it for the first time.
func (g *Group) drop(hash uint64, key string, version uint64) (uint64, bool) {
	return g.flights.fence(hash, key, version, func(version uint64) {
		held, ok := g.store.Get(key)
		if !ok || held.Version < version || held.Version&writeBit == 0 {
			g.store.Remove(key)
		}
	})
}

// dropAll forgets every key, and reports whether this node hears of that version for the first time.
func (g *Group) dropAll(version uint64) bool { return g.flights.fenceAll(version, g.store.Purge) }
