//go:build linux

package scenario

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func origins() []Scenario {
	return []Scenario{
		{Name: "origin", About: "1000 callers of one key at an origin that is slow, that fails and that breaks off: one load each; each caller back by its own deadline and 10ms",
			Nodes: 3, quiet: true, run: badOrigin},
		{Name: "herd", About: "64 callers at each of 3 nodes for one cold key at an origin of 50ms, 20 keys over: exactly one load of each",
			Nodes: 3, quiet: true, rounds: 20, run: herd},
	}
}

const (
	callers      = 1000
	callerGrace  = 10 * time.Millisecond
	slowOrigin   = time.Second
	herdOrigin   = 50 * time.Millisecond
	herdPerNode  = 64
	shortestWait = 200 * time.Millisecond
)

func badOrigin(r *Run) error {
	r.origin.SetDelay(slowOrigin)
	late, _ := r.crowd("slow origin", 0)
	r.origin.SetStatus(http.StatusInternalServerError)
	lateToo, failed := r.crowd("failing origin", 1)
	r.origin.SetStatus(0)
	r.origin.SetBreaks(true)
	lateThree, broken := r.crowd("origin that breaks off", 2)
	r.origin.SetBreaks(false)
	for i, what := range []string{"slow", "failing", "breaking off"} {
		r.atMost("loads, "+what, float64(r.origin.Loads(r.cold(i))), 1)
	}
	r.within("back after the deadline", max(late, lateToo, lateThree), callerGrace)
	r.atMost("values of a failing origin", float64(failed.served+broken.served), 0)
	return nil
}

// crowdResult is how many callers of a crowd were answered with a value.
type crowdResult struct{ served int }

// crowd has many callers ask for one key at once, each with a deadline of its own, and returns by how much the last one was
// late.
func (r *Run) crowd(what string, key int) (late time.Duration, result crowdResult) {
	nodes := r.cluster.Up()
	r.connect(nodes)
	r.fault(fmt.Sprintf("%s, %d callers", what, callers))
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range callers {
		limit := shortestWait + 2*slowOrigin*time.Duration(i)/callers
		all.Go(func() {
			served, took := r.call(nodes[i%len(nodes)], r.cold(key), limit)
			mu.Lock()
			defer mu.Unlock()
			late = max(late, took-limit)
			if served {
				result.served++
			}
		})
	}
	all.Wait()
	return late, result
}

// connect opens a connection for each caller, so that what it takes to open so many at once does not count.
func (r *Run) connect(nodes []*cluster.Node) {
	var all, open sync.WaitGroup
	open.Add(callers)
	for i := range callers {
		all.Go(func() {
			req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, nodes[i%len(nodes)].URL("/healthz"), nil)
			if err != nil {
				open.Done()
				return
			}
			reply, err := crowdClient.Do(req)
			open.Done()
			open.Wait() // or a connection would serve two of them
			if err == nil {
				_, _ = io.Copy(io.Discard, reply.Body) // it is kept only where all was read
				reply.Body.Close()
			}
		})
	}
	all.Wait()
}

// crowdClient keeps a connection for each caller.
var crowdClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: callers}}

// call asks for a key with a deadline that the node is told.
func (r *Run) call(n *cluster.Node, key int, limit time.Duration) (served bool, took time.Duration) {
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.target(n).Base+truth.Key(key), nil)
	if err != nil {
		return false, 0
	}
	req.Header.Set("Gocache-Timeout", strconv.FormatInt(limit.Milliseconds(), 10))
	began := time.Now()
	reply, err := crowdClient.Do(req)
	if err != nil {
		return false, time.Since(began)
	}
	_, _ = io.Copy(io.Discard, reply.Body) // so that the connection serves again
	reply.Body.Close()
	return reply.StatusCode == http.StatusOK, time.Since(began)
}

func herd(r *Run) error {
	r.origin.SetDelay(herdOrigin)
	r.fault(fmt.Sprintf("%d callers at each node", herdPerNode))
	var targets []load.Target
	for _, n := range r.cluster.Up() {
		targets = append(targets, r.target(n))
	}
	most, least := uint64(0), uint64(1)
	for i := range r.set.Rounds {
		if err := r.stampede(targets, r.cold(i)); err != nil {
			return err
		}
		most, least = max(most, r.origin.Loads(r.cold(i))), min(least, r.origin.Loads(r.cold(i)))
	}
	r.atMost("loads of a key", float64(most), 1)
	r.atMost("keys never loaded", float64(1-least), 0)
	return nil
}

// stampede asks all targets for one key at once.
func (r *Run) stampede(targets []load.Target, key int) error {
	ctx, cancel := context.WithCancelCause(r.ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, t := range targets {
		for range herdPerNode {
			all.Go(func() {
				if err := r.load.Get(ctx, t, key); err != nil {
					cancel(fmt.Errorf("%s: key %s: %w", t.Name, truth.Key(key), err))
				}
			})
		}
	}
	all.Wait()
	return context.Cause(ctx)
}
