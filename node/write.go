package node

import (
	"context"
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
	purge := transport.Request{Op: transport.Purge, Group: g.name, Peer: true}
	// What a member fetches while another was not told yet may be old: so all are told twice.
	if err := g.tellAll(ctx, g.node.view.Load().everyone(), purge); err != nil {
		return err
	}
	return g.tellAll(ctx, g.node.view.Load().everyone(), purge)
}

// write carries a change of one key through the cluster: one after the other to those who may hold the key, in the
// ring's order, and then to all others at once, who forget it. The order matters: a member that was told fetches from
// those who were told before it.
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
		if errs[i] = g.tell(ctx, p, request); errs[i] == nil {
			holding++
		}
	}
	rest := slices.DeleteFunc(v.everyone(), func(p *peer) bool { return slices.Contains(holders, p) })
	return unreachable(append(errs, g.tellAll(ctx, rest, forget))...)
}

// tellAll sends a request to members at once.
func (g *Group) tellAll(ctx context.Context, members []*peer, r transport.Request) error {
	errs := make([]error, len(members))
	inParallel(len(members), func(i int) { errs[i] = g.tell(ctx, members[i], r) })
	return unreachable(errs...)
}

// tell carries out a request here, where p is nil, or at a peer.
func (g *Group) tell(ctx context.Context, p *peer, r transport.Request) error {
	if g.node.ctx.Err() != nil {
		return ErrClosed
	}
	if p == nil {
		return errorOf(g.servePeer(ctx, r))
	}
	resp, err := p.do(ctx, r)
	switch {
	case err != nil:
		return &UnreachableError{Members: []string{p.Name}, Err: err}
	case resp.Code == transport.TooLarge:
		return errorOf(resp)
	case resp.Code == transport.UnknownGroup && r.Op != transport.Set:
		return nil // it holds nothing
	case resp.Code != transport.OK:
		return &UnreachableError{Members: []string{p.Name}, Err: errorOf(resp)}
	}
	return nil
}

// put stores a value as this node's own.
func (g *Group) put(hash uint64, key string, v Value) error {
	if err := g.checkValue(v); err != nil {
		return err
	}
	g.flights.fence(hash, key, func() { g.store.Set(hash, key, *g.entry(v, lru.Owned)) })
	return nil
}

// drop forgets a key.
func (g *Group) drop(hash uint64, key string) {
	g.flights.fence(hash, key, func() { g.store.Remove(hash, key) })
}

// dropAll forgets every key.
func (g *Group) dropAll() { g.flights.fenceAll(g.store.Purge) }
