//go:build linux

package scenario

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

func mixtures() []Scenario {
	return []Scenario{
		{Name: "random", About: "kills, stops, joins, drains, cuts and faults of the origin by lot, overlapping, for --duration: errors 0 while the origin is up; no wrong value; nothing wedged; nothing grown",
			writes: 40, share: 25, ttl: brokenLife, standstill: longestTrouble, place: cuttable, length: time.Minute, run: random},
	}
}

const (
	// A trouble begins so long after the one before, and lasts so long.
	leastPause, mostPause = time.Second, 4 * time.Second
	leastTrouble          = 200 * time.Millisecond
	longestTrouble        = 6 * time.Second
	// rest is how long the cluster is left alone before it is looked at what has grown.
	rest = 10 * time.Second
)

// trouble is one fault of a mixture. It follows from the seed alone.
type trouble struct {
	at, length time.Duration
	kind       string
	node, peer int // by lot; which nodes they are follows from the cluster's size
}

// kinds are how troubles are called, each as likely as the other.
var kinds = [...]string{"kill -9", "SIGSTOP", "SIGTERM", "join", "cut", "one-way cut", "slow origin", "failing origin"}

// plan draws the troubles of a mixture.
func plan(chance *rand.Rand, length time.Duration) []trouble {
	var all []trouble
	for at := time.Duration(0); at < length; at += lot(chance, leastPause, mostPause) {
		all = append(all, trouble{
			at: at, length: lot(chance, leastTrouble, longestTrouble), kind: kinds[chance.IntN(len(kinds))],
			node: chance.IntN(1 << 16), peer: chance.IntN(1 << 16),
		})
	}
	return all
}

func random(r *Run) error {
	m := newMixture(r)
	r.fault("troubles begin")
	before := r.timeline.Now()
	for _, t := range plan(r.chance, r.set.Duration) {
		r.sleep(r.faultAt + t.at - r.timeline.Now())
		if r.ctx.Err() != nil {
			break
		}
		m.begin(t)
	}
	err := m.wait()
	if err != nil {
		return err
	}
	if err := r.agree(15 * time.Second); err != nil {
		return err
	}
	r.load.Trust(true)
	r.sleep(rest)
	r.grown(before)
	r.atMost("wedged", float64(r.wedged()), 0)
	r.note("troubles", float64(m.done.Load()))
	return nil
}

// begin carries a trouble out in the background, unless its node is in another.
func (m *mixture) begin(t trouble) {
	do, what := m.prepare(t)
	if do == nil {
		return
	}
	m.run.fault(fmt.Sprintf("%s for %v", what, t.length.Round(100*time.Millisecond)))
	m.done.Add(1)
	m.running.Go(func() {
		if err := do(); err != nil {
			m.fail(fmt.Errorf("%s: %w", what, err))
		}
		m.run.timeline.Event("end of " + what)
	})
}

// wait returns what went wrong once all troubles are over.
func (m *mixture) wait() error {
	m.running.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return errors.Join(m.errs...)
}

func (m *mixture) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.errs = append(m.errs, err)
}
