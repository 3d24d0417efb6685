//go:build linux

package scenario

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

// watchEvery is how often nodes and the origin are looked at.
const watchEvery = 500 * time.Millisecond

// watch records what the nodes say of themselves, until the run ends.
func (r *Run) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		r.timeline.AddLoads(r.origin.All())
		for _, n := range r.cluster.Up() {
			if look, err := n.Look(r.ctx); err == nil {
				r.timeline.AddLook(look)
			}
		}
	}
}

// watchTimers notes how late this process's timers are, until the run ends. Those of the nodes beside it are as late.
func (r *Run) watchTimers() {
	const every = 20 * time.Millisecond
	tick := time.NewTicker(every)
	defer tick.Stop()
	for last := time.Now(); ; {
		select {
		case <-r.ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		r.result.Late = max(r.result.Late, now.Sub(last)-every)
		last = now
	}
}

// sleep waits, or until the run ends.
func (r *Run) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.ctx.Done():
	}
}

// goOn lets the load run on.
func (r *Run) goOn() { r.sleep(r.set.Duration) }

// fault is the moment from which on Gets and loads count; further ones are only noted.
func (r *Run) fault(what string) {
	at := r.timeline.Event(what)
	r.say(at, what)
	if r.faultAt == 0 {
		r.origin.Mark()
		r.load.Mark()
		r.faultAt = at
	}
}

func (r *Run) say(at time.Duration, what string) {
	fmt.Fprintf(r.set.Out, "  %6.1fs %s\n", at.Seconds(), what)
}

// victim picks one of the nodes that are up.
func (r *Run) victim() *cluster.Node {
	up := r.cluster.Up()
	return up[r.chance.IntN(len(up))]
}

// agree waits until all agree and notes how long it took, which must not be more than limit.
func (r *Run) agree(limit time.Duration) error {
	began := time.Now()
	ctx, cancel := context.WithTimeout(r.ctx, agreeLimit)
	defer cancel()
	err := r.cluster.Agree(ctx)
	took := time.Since(began)
	r.result.Agree = max(r.result.Agree, took)
	r.check(Check{Name: "agreed", Got: took.Seconds(), Limit: limit.Seconds(), Unit: seconds, OK: err == nil && took <= limit})
	if err == nil {
		r.timeline.Event("agreed")
	}
	return err
}

func (r *Run) check(c Check) { r.result.Checks = append(r.result.Checks, c) }

func (r *Run) atMost(name string, got, limit float64) {
	r.check(Check{Name: name, Got: got, Limit: limit, OK: got <= limit})
}

// note adds a figure that has no limit.
func (r *Run) note(name string, got float64) {
	r.result.Notes = append(r.result.Notes, Note{Name: name, Got: got})
}

func (r *Run) within(name string, got, limit time.Duration) {
	r.check(Check{Name: name, Got: got.Seconds(), Limit: limit.Seconds(), Unit: seconds, OK: got <= limit})
}

// since sums up the Gets since the fault.
func (r *Run) since() timeline.Summary {
	until := r.overAt
	if until == 0 {
		until = r.timeline.Now()
	}
	return timeline.Summarize(r.timeline.Gets(r.faultAt, until))
}

// owned returns the keys that belong to one of some members by the ring of now.
func (r *Run) owned(names ...string) (map[int]bool, error) {
	ring, err := r.cluster.Ring(r.ctx)
	if err != nil {
		return nil, err
	}
	keys := map[int]bool{}
	for i := range r.set.Keys {
		owner := ring.Owner(truth.Key(i))
		for _, name := range names {
			if owner == name {
				keys[i] = true
			}
		}
	}
	return keys, nil
}

// loads counts the loads of some keys since the fault, and how many of the keys were asked for.
func (r *Run) loads(keys map[int]bool) (loads, asked int) {
	for i := range keys {
		if r.load.Asked(i) {
			asked++
		}
		loads += int(r.origin.Loads(i))
	}
	return loads, asked
}

// touchAll asks for every counted key once, so that those nobody asked for count as well.
func (r *Run) touchAll() error {
	r.overAt = r.timeline.Event("asking for every key")
	return r.load.Warm(r.ctx, 0, r.set.Keys)
}

// cold returns the number of the i-th key that nobody else asks for.
func (r *Run) cold(i int) int { return r.set.Keys + r.written + i%cold }

// target returns a node as the load sees it.
func (r *Run) target(n *cluster.Node) load.Target {
	return load.Target{Name: n.Name, Base: n.URL("/_gocache/" + group + "/"), Alive: r.ctx}
}

// lot returns a duration by lot.
func lot(chance *rand.Rand, least, most time.Duration) time.Duration {
	return least + time.Duration(chance.Int64N(int64(most-least)))
}

// ratio is a/b, and 0 of nothing.
func ratio(a, b int) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}
