package node

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// askHedged asks a key's owner for its value and, if that takes longer than it mostly does, also for the copy that the next
// holder may have. The answer that comes first counts. Once the owner is seen to stall, the copy is asked for first, and the owner only
// where there is none.
func (g *Group) askHedged(ctx context.Context, hash uint64, r transport.Request, owner, next *peer) (transport.Response, error) {
	if owner.stalls.Load() {
		if resp, ok := g.askCopy(ctx, hash, r, next); ok {
			return resp, nil
		}
		r.At = time.Time{}
		return owner.ask(ctx, &r)
	}
	asking, cancel := context.WithCancel(ctx)
	defer cancel()
	owner.tail.asked.Add(1)
	started, replies := time.Now(), owner.breaker.replies.Load()
	copies := make(chan transport.Response, 1)
	timer := time.AfterFunc(owner.tail.hedgeAfter(), func() {
		defer close(copies)
		if resp, ok := g.hedge(asking, hash, r, owner, next); ok {
			copies <- resp
			cancel()
			if owner.breaker.replies.Load() == replies {
				owner.tail.hedged.Add(1)
				owner.stall(r.Group, r.Key)
			}
		}
	})
	resp, err := owner.ask(asking, &r)
	if err == nil {
		owner.tail.observe(time.Since(started))
	}
	if timer.Stop() {
		return resp, err
	}
	if err == nil {
		cancel()
	}
	if copied, ok := <-copies; ok && err != nil {
		return copied, nil
	}
	return resp, err
}

// hedge asks for a copy in place of a key's owner, if that was not done too often.
func (g *Group) hedge(ctx context.Context, hash uint64, r transport.Request, owner, next *peer) (transport.Response, bool) {
	if owner.tail.left() <= 0 {
		return transport.Response{}, false
	}
	owner.tail.hedged.Add(1)
	return g.askCopy(ctx, hash, r, next)
}

// askCopy asks a peer for what it holds of a key.
func (g *Group) askCopy(ctx context.Context, hash uint64, r transport.Request, next *peer) (transport.Response, bool) {
	r.CachedOnly, r.At, r.Trace = true, time.Time{}, ""
	resp, err := next.ask(ctx, &r)
	return resp, err == nil && resp.Code == transport.OK && g.believe(next, hash, r.Key, resp.Version)
}
