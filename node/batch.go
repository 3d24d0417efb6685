package node

import (
	"context"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// batches are the requests of one GetMany: one to each owner of the keys that it misses.
type batches struct {
	group   *Group
	view    *view
	byOwner map[*peer]*batch
}

// batch asks a key's owner for many keys at once, on behalf of a fetch flight for each of them.
type batch struct {
	group *Group
	owner *peer
	items []*batchItem
	done  chan struct{} // closed once the items have their replies
}

type batchItem struct {
	key     string
	reply   transport.Response
	replied bool
}

// join joins the fetch flight for a key, which asks the key's owner as part of a batch if it begins with that.
func (bs *batches) join(hash uint64, key string) *flight {
	owner := bs.view.holders(hash, 1)[0]
	b := bs.byOwner[owner]
	if b == nil {
		b = &batch{group: bs.group, owner: owner, done: make(chan struct{})}
		if bs.byOwner == nil {
			bs.byOwner = make(map[*peer]*batch)
		}
		bs.byOwner[owner] = b
	}
	item := &batchItem{key: key}
	f, began := bs.group.flights.join(fetchFlight, hash, key, b.fetch(hash, item))
	if began {
		b.items = append(b.items, item)
	}
	return f
}

// send sends the requests. Those who wait for flights of theirs have their own contexts; ctx is that of the one who asks for all.
func (bs *batches) send(ctx context.Context) {
	for _, b := range bs.byOwner {
		ask := func() { b.ask(ctx) }
		if len(b.items) == 0 || !bs.group.node.work.spawn(ask) {
			close(b.done)
		}
	}
}

// ask asks the owner for all items, as many at a time as a request has room for.
func (b *batch) ask(ctx context.Context) {
	defer close(b.done)
	ctx, cancel := context.WithTimeout(ctx, b.group.cfg.LoadTimeout)
	defer cancel()
	parts := (len(b.items) + transport.MaxKeys - 1) / transport.MaxKeys
	inParallel(parts, func(i int) {
		b.askPart(ctx, b.items[i*transport.MaxKeys:min((i+1)*transport.MaxKeys, len(b.items))])
	})
}

func (b *batch) askPart(ctx context.Context, items []*batchItem) {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.key
	}
	resp, err := b.owner.ask(ctx, transport.Request{Op: transport.GetMany, Group: b.group.name, Keys: keys, Peer: true})
	if err != nil || len(resp.Items) != len(items) {
		return
	}
	for i, item := range items {
		item.reply, item.replied = b.owner.node.clock.heardFrom(resp.Items[i]), true
	}
}

// fetch is the run of a fetch flight whose owner is asked by the batch. What that brings no answer to is fetched by itself.
func (b *batch) fetch(hash uint64, item *batchItem) func(context.Context) outcome {
	return func(ctx context.Context) outcome {
		g := b.group
		if a, ok := g.look(item.key); ok && a.from != fromStale {
			return outcome{answer: a}
		}
		select {
		case <-b.done:
		case <-ctx.Done():
			return outcome{answer: answer{from: fromPeer}, err: g.loadError(ctx.Err())}
		}
		if item.replied {
			if out, final := g.fetched(b.owner, hash, item.key, item.reply, nil); final {
				return out
			}
		}
		return g.fetch(ctx, time.Now(), hash, item.key)
	}
}
