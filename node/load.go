package node

import (
	"context"
	"errors"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// peekTimeout bounds the peeks of a load: all that they do is to save it.
const peekTimeout = 250 * time.Millisecond

// load is the run of a load flight: look again, have what is doubted confirmed, ask the peers that are likely to hold the
// key, if there are any, else the origin. What it brings is kept as kind.
func (g *Group) load(hash uint64, key string, kind lru.Kind, holders []*peer) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		if a, ok := g.look(key); ok && a.from != fromStale {
			return outcome{answer: a}
		}
		if a, ok := g.confirm(ctx, hash, key); ok {
			return outcome{answer: a}
		}
		if a, ok := g.peekAt(ctx, hash, key, holders); ok {
			return g.settle(a, kind)
		}
		if g.cfg.Load == nil { // what is in doubt stays: somebody may vouch for it yet
			return outcome{answer: answer{absent: true, from: fromOrigin}}
		}
		a, err := g.askOrigin(ctx, key)
		if err != nil {
			return outcome{answer: a, err: err}
		}
		return g.settle(a, kind)
	}
}

// settle decides what the store keeps of an answer. A negative TTL says that it must not be kept.
func (g *Group) settle(a answer, kind lru.Kind) outcome {
	life := a.TTL
	if a.TTL < 0 {
		a.TTL = nearlyOver
	}
	switch {
	case kind == lru.Hot && g.cfg.HotTTL < 0:
		return outcome{answer: a}
	case a.absent && g.cfg.NegativeTTL > 0 && kind == lru.Hot:
		return outcome{answer: a, keep: &lru.Entry{Absent: true, TTL: min(g.cfg.NegativeTTL, g.cfg.HotTTL), Kind: kind}}
	case a.absent && g.cfg.NegativeTTL > 0:
		return outcome{answer: a, keep: &lru.Entry{Absent: true, TTL: g.cfg.NegativeTTL, Kind: kind}}
	case a.absent || life < 0:
		return outcome{answer: a, drop: true}
	}
	return outcome{answer: a, keep: g.entry(a.Value, kind)}
}

// peek asks a peer for what it holds, which it answers from its store alone.
func (g *Group) peek(ctx context.Context, hash uint64, key string, p *peer) (answer, bool) {
	resp, err := p.ask(ctx, &transport.Request{
		Op: transport.Get, Group: g.name, Key: key, Peer: true, CachedOnly: true, MaxReply: g.cfg.MaxValueBytes,
	})
	if err != nil || resp.Code != transport.OK || !g.believe(p, hash, key, resp.Version) {
		return answer{}, false
	}
	return answer{Value: Value{Data: resp.Value, TTL: resp.TTL}, from: fromPeer, version: resp.Version}, true
}

// askOrigin calls the Loader when its turn has come.
func (g *Group) askOrigin(ctx context.Context, key string) (answer, error) {
	a := answer{from: fromOrigin}
	if err := g.loads.acquire(ctx); err != nil {
		return a, g.loadError(err)
	}
	defer g.loads.release()
	v, err := g.callLoader(ctx, key)
	switch {
	case errors.Is(err, ErrNotFound):
		a.absent = true
		return a, nil
	case err != nil:
		return a, g.loadError(err)
	}
	if err := g.checkValue(v); err != nil {
		return a, err
	}
	a.Value = Value{Data: v.Data, TTL: g.jittered(g.life(v.TTL))}
	return a, nil
}

// callLoader calls the Loader and counts how that ended, were it by a panic.
func (g *Group) callLoader(ctx context.Context, key string) (v Value, err error) {
	started := time.Now()
	err = errGoexit
	defer func() { g.counts.load(time.Since(started), err != nil && !errors.Is(err, ErrNotFound)) }()
	return g.cfg.Load(ctx, key)
}

// loadError is the error of a load: the origin's, unless the load never reached it or the node closed meanwhile.
func (g *Group) loadError(err error) error {
	switch {
	case g.node.ctx.Err() != nil:
		return ErrClosed
	case errors.Is(err, ErrOverloaded):
		return ErrOverloaded
	}
	return &OriginError{Err: opaque(err)}
}

// opaque is err without the errors of this package, which a Loader may return for reasons of its own, and which peers would not
// find in the text that they are sent.
func opaque(err error) error {
	var unreachable *UnreachableError
	var origin *OriginError
	if errors.As(err, &unreachable) || errors.As(err, &origin) {
		return errors.New(err.Error())
	}
	for _, ours := range []error{ErrTooLarge, ErrClosed, ErrUnknownGroup, context.Canceled} {
		if errors.Is(err, ours) {
			return errors.New(err.Error())
		}
	}
	return err
}
