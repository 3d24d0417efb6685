package node

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/transport"
)

// handOverWorkers is the number of entries that a leaving node hands over at a time.
const handOverWorkers = 32

// Leave ends the node so that the others hardly notice: it tells them that it is about to leave, hands what it owns to the
// next owners, leaves, ends the requests under way, and closes. Config.DrainTimeout and ctx bound all of it; what is not done
// by then is left undone, and the error says so. The node is closed in any case.
func (n *Node) Leave(ctx context.Context) error {
	if n.ctx.Err() != nil {
		return n.Close()
	}
	ctx, cancel := context.WithTimeout(ctx, n.cfg.DrainTimeout)
	defer cancel()
	var errs []error
	if n.cluster != nil {
		errs = append(errs, n.cluster.Drain(ctx))
	}
	n.stepDown()
	errs = append(errs, n.handOver(ctx))
	if n.cluster != nil {
		errs = append(errs, n.cluster.Leave(ctx))
	}
	errs = append(errs, n.server.Shutdown(ctx), n.Close())
	return errors.Join(errs...)
}

// handOver gives what this node owns to its next owners, hottest first.
func (n *Node) handOver(ctx context.Context) error {
	if n.view.Load().ring.Len() == 0 {
		return nil
	}
	started := time.Now()
	var given, lost atomic.Int64
	for _, g := range n.groups.all() {
		g.handOver(ctx, &given, &lost)
	}
	n.log.Info().Int64("entries", given.Load()).Int64("refused", lost.Load()).Dur("took_ms", time.Since(started)).Msg("handed over")
	return ctx.Err()
}

type heldEntry struct {
	key   string
	entry lru.Entry
}

func (g *Group) handOver(ctx context.Context, given, lost *atomic.Int64) {
	queue := make(chan heldEntry)
	var workers sync.WaitGroup
	for range handOverWorkers {
		workers.Go(func() {
			for held := range queue {
				if g.give(ctx, held) {
					given.Add(1)
				} else {
					lost.Add(1)
				}
			}
		})
	}
	for key, e := range g.store.All() {
		if ctx.Err() != nil {
			break
		}
		if e.Kind == lru.Owned && !e.Absent {
			queue <- heldEntry{key, e}
		}
	}
	close(queue)
	workers.Wait()
}

// give hands an entry to the first member that owns it now, unless its life is over.
func (g *Group) give(ctx context.Context, held heldEntry) bool {
	ttl, fresh := g.freshLife(held.entry)
	if !fresh {
		return false
	}
	v := g.node.view.Load()
	for _, p := range v.holders(g.space.Hash(held.key), 1) {
		if p == nil {
			continue
		}
		resp, err := p.do(ctx, transport.Request{
			Op: transport.Set, Group: g.name, Key: held.key, Value: held.entry.Value, TTL: ttl, Peer: true, IfAbsent: true,
		})
		return err == nil && (resp.Code == transport.OK || resp.Code == transport.Exists)
	}
	return false
}
