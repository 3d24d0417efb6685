package node

import (
	"context"
	"slices"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// batch asks a key's owner for many keys at once, on behalf of fetch flights that its lookup has begun and runs.
type batch struct {
	owner   *peer
	items   []batchItem
	keys    []string             // one for each item
	replies []transport.Response // memory for as many
}

// batchItem is the flight for a key.
type batchItem struct {
	flight *flight // nil once it has ended
	result int     // its index
}

// batchTo returns the batch to an owner.
func (l *lookup) batchTo(owner *peer) *batch {
	for i := range l.batches {
		if l.batches[i].owner == owner {
			return &l.batches[i]
		}
	}
	n := len(l.batches)
	l.batches = slices.Grow(l.batches, 1)[:n+1]
	l.batches[n].owner = owner
	return &l.batches[n]
}

func (b *batch) add(f *flight, result int) {
	b.items = append(b.items, batchItem{f, result})
	b.keys = append(b.keys, f.key)
}

// reset makes an empty batch of it, to nobody, that keeps its memory.
func (b *batch) reset() {
	clear(b.items)
	clear(b.keys)
	*b = batch{items: b.items[:0], keys: b.keys[:0], replies: b.replies[:0]}
}

// startBatches runs the batches, and returns what waits for their end. The last one runs at once where the caller has nothing else to do.
func (l *lookup) startBatches(ctx context.Context) (wait func()) {
	apart := l.batches
	if len(l.own) == 0 && len(apart) > 0 {
		apart = apart[:len(apart)-1]
	}
	ended := make(chan struct{}, len(apart))
	for i := range apart {
		run := func() { defer func() { ended <- struct{}{} }(); l.runBatch(ctx, &apart[i]) }
		if !l.group.node.work.spawn(run) {
			run() // the node is closed, and so are its peers
		}
	}
	if len(apart) < len(l.batches) {
		l.runBatch(ctx, &l.batches[len(apart)])
	}
	return func() {
		for range apart {
			<-ended
		}
	}
}

// runBatch asks the owner for as many items at a time as a request has room for, and fetches by itself what that brings no answer to.
func (l *lookup) runBatch(ctx context.Context, b *batch) {
	defer l.abandon(b)
	until := l.now.Add(l.group.cfg.LoadTimeout)
	b.replies = slices.Grow(b.replies[:0], len(b.items))
	inParallel((len(b.items)+transport.MaxKeys-1)/transport.MaxKeys, func(i int) {
		l.ask(ctx, until, b, i*transport.MaxKeys, min((i+1)*transport.MaxKeys, len(b.items)))
	})
	var rest []*batchItem
	for i := range b.items {
		if b.items[i].flight != nil {
			rest = append(rest, &b.items[i])
		}
	}
	inParallel(len(rest), func(i int) {
		f := rest[i].flight
		out := l.group.fetch(ctx, time.Time{}, until, f.hash, f.key)
		l.land(ctx, rest[i], &out)
	})
}

// ask asks the owner for a batch's items from begin to end.
func (l *lookup) ask(ctx context.Context, until time.Time, b *batch, begin, end int) {
	items := b.items[begin:end]
	resp, err := b.owner.ask(ctx, &transport.Request{
		Op: transport.GetMany, Group: l.group.name, Keys: b.keys[begin:end], Peer: true, At: l.now, Until: until,
		Items: b.replies[begin:begin:end], Trace: l.group.node.traceParent(ctx),
	})
	if err != nil || len(resp.Items) != len(items) {
		return
	}
	for i := range items {
		reply, f := &resp.Items[i], items[i].flight
		l.group.node.clock.heardFrom(reply)
		if out, final := l.group.fetched(b.owner, f.hash, f.key, reply, nil); final {
			l.land(ctx, &items[i], &out)
		}
	}
	clear(resp.Items) // which would keep the values from being freed
}

// land ends the flight of an item with what it brought.
func (l *lookup) land(ctx context.Context, item *batchItem, out *outcome) {
	f := item.flight
	item.flight = nil
	r := &l.results[item.result]
	r.answer, r.err = l.group.flights.land(ctx, f, out)
}

// abandon ends the flights that are left where something panicked.
func (l *lookup) abandon(b *batch) {
	for i := range b.items {
		if f := b.items[i].flight; f != nil {
			l.group.flights.finish(f, &outcome{answer: answer{from: fromPeer}, err: &OriginError{Err: errGoexit}})
		}
	}
}
