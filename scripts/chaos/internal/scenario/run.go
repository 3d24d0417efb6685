//go:build linux

package scenario

import (
	"context"
	"crypto/tls"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/origin"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

const (
	// group is the name of the cache's group.
	group = "chaos"
	// deadline of a Get: above the node's own limit of a load, so that the node has the last word.
	deadline = 15 * time.Second
	// startLimit bounds the start of a cluster.
	startLimit = 2 * time.Minute
	// agreeLimit bounds how long an agreement is awaited; what a scenario must reach is less.
	agreeLimit = 2 * time.Minute
)

// Run is a scenario while it runs.
type Run struct {
	ctx      context.Context
	scenario Scenario
	set      Settings

	chance   *rand.Rand // of the faults
	net      network.Network
	truth    *truth.Truth
	origin   *origin.Origin
	load     *load.Load
	cluster  *cluster.Cluster
	timeline *timeline.Timeline

	watchers sync.WaitGroup
	faultAt  time.Duration // since the timeline's start; 0 before the fault
	written  int           // number of keys that are written
	overAt   time.Duration // when what counts was over; 0 before
	result   Result
}

// Execute carries a scenario out.
func Execute(ctx context.Context, s Scenario, set Settings) Result {
	began := time.Now()
	s, set = s.withSettings(set)
	set.Logs = filepath.Join(set.Logs, s.Name)
	r := &Run{scenario: s, set: set, timeline: timeline.Start(), chance: chanceOf(s.Name, set.Seed)}
	r.result = Result{Scenario: s.Name, About: s.About, Seed: set.Seed, Nodes: set.Nodes, Logs: set.Logs}
	ctx, cancel := context.WithCancel(ctx)
	r.ctx = ctx
	err := r.setUp()
	if err == nil {
		err = s.run(r)
	}
	if r.load != nil {
		r.load.Stop()
	}
	cancel()
	r.watchers.Wait()
	r.note("s that timers were late at most", r.result.Late.Seconds())
	r.conclude(err)
	r.tearDown()
	r.result.Recording = r.timeline.Record()
	r.result.Took = time.Since(began)
	return r.result
}

// chanceOf makes each scenario's faults follow from the seed, whatever ran before it.
func chanceOf(name string, seed uint64) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// setUp starts everything, warms the cache and lets the load run for a while.
func (r *Run) setUp() error {
	if err := r.start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.ctx, startLimit)
	defer cancel()
	r.cluster.AddAll(r.set.Nodes)
	r.weigh()
	if r.scenario.byHand {
		r.nameByHand()
	}
	if err := r.cluster.StartAll(ctx); err != nil {
		return err
	}
	if !r.scenario.byHand {
		if err := r.cluster.Agree(ctx); err != nil {
			return err
		}
	}
	r.watchers.Go(r.watch)
	r.watchers.Go(r.watchTimers)
	if r.scenario.quiet {
		return nil
	}
	return r.warm()
}

// warm loads every counted key once, and measures the steady state.
func (r *Run) warm() error {
	r.timeline.Event(fmt.Sprintf("warming %d keys", r.set.Keys))
	if err := r.load.Warm(r.ctx, 0, r.set.Keys); err != nil {
		return err
	}
	r.load.Start()
	r.sleep(settle)
	began := r.timeline.Event("steady")
	r.sleep(r.set.Steady)
	r.result.Steady = timeline.Summarize(r.timeline.Gets(began, r.timeline.Now()))
	return context.Cause(r.ctx)
}

// settle is how long connections and caches get to warm before the steady state is measured.
const settle = time.Second

// start starts what stands around the nodes.
func (r *Run) start() (err error) {
	if err := os.MkdirAll(r.set.Logs, 0o755); err != nil {
		return err
	}
	bound := truth.Forever
	if r.scenario.ttl > 0 {
		bound = r.scenario.ttl + staleGrace + r.scenario.standstill
	}
	if r.scenario.writes > 0 {
		r.written = written
	}
	if r.scenario.few {
		r.written = fewWritten
	}
	if r.net, err = r.scenario.place.network(); err != nil {
		return err
	}
	r.truth = truth.New(r.set.Keys+r.written+cold, r.scenario.size, bound)
	if r.origin, err = origin.Start(r.net.Outside().String()+":0", r.truth, origin.Mortal{From: r.set.Keys, Life: r.scenario.ttl}); err != nil {
		return err
	}
	flags := r.scenario.flags
	var clients *tls.Config
	if r.scenario.tls {
		files, config, err := r.issueAll()
		if err != nil {
			return err
		}
		clients, flags = config, append(flags, files.flags()...)
	}
	r.load = load.New(load.Config{
		Truth: r.truth, Timeline: r.timeline, Seed: r.set.Seed, Rate: r.set.Rate, Writes: r.scenario.writes,
		TLS: clients, Counted: r.set.Keys, Written: r.written, Share: r.scenario.share, Life: r.scenario.ttl, Deadline: deadline,
	})
	if r.scenario.secret {
		file, err := r.writeSecret(secretFile, secret)
		if err != nil {
			return err
		}
		flags = append(flags, "--secret-file", file)
	}
	r.cluster = cluster.New(cluster.Config{
		Binary: r.set.Binary, Label: fmt.Sprintf("chaos-%s-%d", r.scenario.Name, os.Getpid()), Logs: r.set.Logs, Group: group,
		Options: r.scenario.group(), Flags: flags, Origin: r.origin.URL(), Network: r.net, TLS: clients, Aim: r.load.Aim,
	})
	return nil
}

// staleGrace is what a value may be older than its life when it is answered: it was on its way.
const staleGrace = 2 * time.Second

func (r *Run) tearDown() {
	if r.cluster != nil {
		r.cluster.Close()
	}
	if r.origin != nil {
		r.origin.Close()
	}
	if r.net != nil {
		if err := r.net.Close(); err != nil && r.result.Failure == "" {
			r.result.Failure = err.Error()
		}
	}
}

// conclude makes the result, whose checks hold for every scenario.
func (r *Run) conclude(err error) {
	if err != nil {
		r.result.Failure = err.Error()
	}
	if r.faultAt == 0 || r.cluster == nil {
		return
	}
	r.result.Faulty = r.since()
	for i := range r.set.Keys {
		r.result.Loads += r.origin.Loads(i)
	}
	if r.result.Faulty.Gets == 0 && !r.scenario.quiet && r.result.Failure == "" {
		r.result.Failure = "nobody was asked for anything, so nothing could fall short"
	}
	if n := r.load.Skipped(); n > 0 {
		r.note("Gets not sent for want of room", float64(n))
	}
	r.atMost("errors", float64(r.result.Faulty.Errors), 0)
	r.atMost(wrongValues, float64(r.result.Faulty.Wrong+r.result.Steady.Wrong), 0)
	breaks, err := r.cluster.Breaks()
	if err != nil {
		r.result.Failure = err.Error()
	}
	for _, line := range breaks {
		r.timeline.Complain(line)
	}
	r.atMost(panics, float64(len(breaks)), 0)
}
