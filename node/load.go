package node

import (
	"context"
	"errors"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// peekTimeout bounds what is asked of a previous owner: it only saves a load.
const peekTimeout = 250 * time.Millisecond

// load is the run of a load flight: look again, ask who owned the key before, else the origin. What it brings is kept as
// kind.
func (g *Group) load(hash uint64, key string, kind lru.Kind) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		if a, ok := g.look(hash, key); ok && a.from != fromStale {
			return outcome{answer: a}
		}
		if a, ok := g.askPrevious(ctx, hash, key); ok {
			return g.settle(a, kind)
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
	switch {
	case a.absent && g.cfg.NegativeTTL > 0:
		return outcome{answer: a, keep: &lru.Entry{Absent: true, TTL: g.cfg.NegativeTTL, Kind: kind}}
	case a.absent:
		return outcome{answer: a, drop: true}
	case a.TTL < 0:
		a.TTL = nearlyOver
		return outcome{answer: a, drop: true}
	case kind == lru.Hot && g.cfg.HotTTL < 0:
		return outcome{answer: a}
	}
	return outcome{answer: a, keep: g.entry(a.Value, kind)}
}

// askPrevious asks the member that owned the key before the ring changed for what it holds.
func (g *Group) askPrevious(ctx context.Context, hash uint64, key string) (answer, bool) {
	p := g.node.view.Load().previousOwner(hash)
	if p == nil {
		return answer{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, peekTimeout)
	defer cancel()
	resp, err := p.do(ctx, transport.Request{
		Op: transport.Get, Group: g.name, Key: key, Peer: true, CachedOnly: true, MaxReply: g.cfg.MaxValueBytes,
	})
	if err != nil || resp.Code != transport.OK {
		return answer{}, false
	}
	return answer{Value: Value{Data: resp.Value, TTL: resp.TTL}, from: fromPeer}, true
}

// askOrigin calls the Loader when its turn has come.
func (g *Group) askOrigin(ctx context.Context, key string) (answer, error) {
	a := answer{from: fromOrigin}
	if g.cfg.Load == nil {
		a.absent = true
		return a, nil
	}
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
	a.Value = Value{Data: v.Data, TTL: g.jittered(g.life(v.TTL))}
	return a, g.checkValue(v)
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
	var origin *OriginError
	switch {
	case errors.As(err, &origin):
		return err
	case errors.Is(err, ErrOverloaded):
		return ErrOverloaded
	case g.node.ctx.Err() != nil:
		return ErrClosed
	}
	return &OriginError{Err: err}
}
