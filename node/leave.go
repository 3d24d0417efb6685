package node

import (
	"context"
	"errors"
	"fmt"
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
// by then is left undone, and the error says so. The node is closed in any case. Further calls wait for the first one within
// their own ctx.
func (n *Node) Leave(ctx context.Context) error {
	first := false
	n.leaving.Do(func() { first, n.left = true, make(chan struct{}) })
	if first {
		n.leaveErr = n.leave(ctx)
		close(n.left)
	}
	select {
	case <-n.left:
		return n.leaveErr
	case <-ctx.Done():
		return fmt.Errorf("node: leave: %w", ctx.Err())
	}
}

func (n *Node) leave(ctx context.Context) error {
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
	errs = append(errs, n.server.Shutdown(ctx))
	closed := n.ctx.Err() != nil // by somebody else, before all of it was done
	errs = append(errs, n.Close())
	switch err := errors.Join(errs...); {
	case closed:
		return fmt.Errorf("node: leave: %w", ErrClosed)
	case ctx.Err() != nil:
		return fmt.Errorf("node: leave: %w", ctx.Err())
	default:
		return err
	}
}

// handOver gives what this node owns to its next owners, hottest first.
func (n *Node) handOver(ctx context.Context) error {
	if len(n.view.Load().others) == 0 {
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

// give hands an entry to the members that hold its key now, unless its life is over, and reports whether one has it.
func (g *Group) give(ctx context.Context, held heldEntry) bool {
	ttl, fresh := g.freshLife(held.entry)
	if !fresh {
		return false
	}
	given := 0
	for _, p := range g.node.view.Load().holders(g.space.Hash(held.key), max(fetchAttempts, g.cfg.Replicas)) {
		if p == nil || given == g.cfg.Replicas {
			break
		}
		resp, err := p.ask(ctx, g.copyOf(held.key, held.entry, ttl))
		if err == nil && (resp.Code == transport.OK || resp.Code == transport.Superseded) {
			given++
		}
	}
	return given > 0
}
