//go:build linux

package scenario

import (
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// attempt is how long a node waits for a peer that gives no sign of life.
const attempt = 1500 * time.Millisecond

func deaths() []Scenario {
	return []Scenario{
		{Name: "kill9", About: "kill -9 of one node: errors 0; at most 1.05 loads per key that it owned and that was asked for; rings agree within 10s",
			run: func(r *Run) error { return kill9(r, 1.05) }},
		{Name: "kill9-replicas", About: "the same with replicas=2: at most 0.01 loads per key", replicas: 2,
			run: func(r *Run) error { return kill9(r, 0.01) }},
		{Name: "stop3", About: "SIGSTOP of one node for 3s: errors 0; p99 at most one attempt's timeout and 2 × steady; nothing wedged afterwards",
			run: func(r *Run) error { return stop(r, 3*time.Second) }},
		{Name: "stop3-replicas", About: "the same with replicas=2: p99 at most 3 × steady", replicas: 2, steady: comparedSteady,
			run: func(r *Run) error { return stop(r, 3*time.Second) }},
		{Name: "stop30", About: "SIGSTOP of one node for 30s: as stop3",
			run: func(r *Run) error { return stop(r, 30*time.Second) }},
		{Name: "stop30-replicas", About: "the same with replicas=2: p99 at most 3 × steady", replicas: 2, steady: comparedSteady,
			run: func(r *Run) error { return stop(r, 30*time.Second) }},
	}
}

func kill9(r *Run, limit float64) error {
	victim := r.victim()
	owned, err := r.owned(victim.Name)
	if err != nil {
		return err
	}
	r.fault("kill -9 " + victim.Name)
	victim.Kill()
	if err := r.agree(10 * time.Second); err != nil {
		return err
	}
	r.goOn()
	loads, asked := r.loads(owned)
	r.atMost(fmt.Sprintf("loads per key of %d", asked), ratio(loads, asked), limit)
	return nil
}

func stop(r *Run, pause time.Duration) error {
	victim := r.victim()
	r.fault(fmt.Sprintf("SIGSTOP %s for %v", victim.Name, pause))
	victim.Stop()
	began := r.timeline.Now()
	r.sleep(pause)
	stopped := timeline.Summarize(r.timeline.Gets(began, r.timeline.Now()))
	victim.Continue()
	r.fault("SIGCONT " + victim.Name)
	if err := r.agree(15 * time.Second); err != nil {
		return err
	}
	r.goOn()
	limit := attempt + 2*r.result.Steady.P99
	if r.scenario.replicas > 1 {
		limit = 3 * r.result.Steady.P99
	}
	r.within("p99 while stopped", stopped.P99, limit)
	r.atMost("wedged", float64(r.wedged()), 0)
	return nil
}

// wedged is 1 if some key is not answered for.
func (r *Run) wedged() int {
	if err := r.touchAll(); err != nil {
		r.timeline.Complain(err.Error())
		return 1
	}
	return 0
}
