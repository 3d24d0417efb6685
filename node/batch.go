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
	now     time.Time
	results []result
	byOwner []*batch
}

// batch asks a key's owner for many keys at once, on behalf of fetch flights that its caller has begun and runs.
type batch struct {
	*batches
	owner *peer
	items []batchItem
}

// batchItem is a key and the flight for it.
type batchItem struct {
	flight *flight // nil once it has ended
	key    string
	hash   uint64
	result int // its index
}

// add has a key fetched by a flight that the caller has begun.
func (bs *batches) add(f *flight, hash uint64, key string, result int) {
	owner := bs.view.owners[bs.view.ring.Owner(hash)]
	for _, b := range bs.byOwner {
		if b.owner == owner {
			b.items = append(b.items, batchItem{f, key, hash, result})
			return
		}
	}
	b := &batch{bs, owner, make([]batchItem, 1, bs.room())}
	b.items[0] = batchItem{f, key, hash, result}
	bs.byOwner = append(bs.byOwner, b)
}

// room is how many items an owner has on average, or a few more.
func (bs *batches) room() int {
	return 8 + len(bs.results)/max(1, len(bs.view.others))
}

// count counts the Gets that the batches were.
func (bs *batches) count(took time.Duration) {
	for _, b := range bs.byOwner {
		for i := range b.items {
			bs.group.counts.miss(bs.results[b.items[i].result].from, took)
		}
	}
}

// begin runs the batches, and returns what waits for their end. A single one runs at once, as the caller has nothing else to do.
func (bs *batches) begin(ctx context.Context, alone bool) (wait func()) {
	if alone && len(bs.byOwner) == 1 {
		bs.byOwner[0].run(ctx)
		return func() {}
	}
	ended := make(chan struct{}, len(bs.byOwner))
	for _, b := range bs.byOwner {
		run := func() { b.run(ctx); ended <- struct{}{} }
		if !bs.group.node.work.spawn(run) {
			run() // the node is closed, and so are its peers
		}
	}
	return func() {
		for range bs.byOwner {
			<-ended
		}
	}
}

// run asks the owner for as many items at a time as a request has room for, and fetches by itself what that brings no answer to.
func (b *batch) run(ctx context.Context) {
	defer b.abandon()
	until := b.now.Add(b.group.cfg.LoadTimeout)
	inParallel((len(b.items)+transport.MaxKeys-1)/transport.MaxKeys, func(i int) {
		b.ask(ctx, until, b.items[i*transport.MaxKeys:min((i+1)*transport.MaxKeys, len(b.items))])
	})
	var rest []*batchItem
	for i := range b.items {
		if b.items[i].flight != nil {
			rest = append(rest, &b.items[i])
		}
	}
	inParallel(len(rest), func(i int) {
		out := b.group.fetch(ctx, time.Time{}, until, rest[i].hash, rest[i].key)
		b.land(ctx, rest[i], &out)
	})
}

// ask asks the owner for some items.
func (b *batch) ask(ctx context.Context, until time.Time, items []batchItem) {
	keys := make([]string, len(items))
	for i := range items {
		keys[i] = items[i].key
	}
	resp, err := b.owner.ask(ctx, &transport.Request{
		Op: transport.GetMany, Group: b.group.name, Keys: keys, Peer: true, At: b.now, Until: until,
	})
	if err != nil || len(resp.Items) != len(items) {
		return
	}
	for i := range items {
		reply := &resp.Items[i]
		b.group.node.clock.heardFrom(reply)
		if out, final := b.group.fetched(b.owner, items[i].hash, items[i].key, reply, nil); final {
			b.land(ctx, &items[i], &out)
		}
	}
}

// land ends the flight of an item with what it brought.
func (b *batch) land(ctx context.Context, item *batchItem, out *outcome) {
	f := item.flight
	item.flight = nil
	r := &b.results[item.result]
	r.answer, r.err = b.group.flights.land(ctx, f, out)
}

// abandon ends the flights that are left where something panicked.
func (b *batch) abandon() {
	for i := range b.items {
		if f := b.items[i].flight; f != nil {
			b.group.flights.finish(f, &outcome{answer: answer{from: fromPeer}, err: &OriginError{Err: errGoexit}})
		}
	}
}
