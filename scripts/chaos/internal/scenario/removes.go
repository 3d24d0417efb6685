//go:build linux

package scenario

import (
	"fmt"
	"time"
)

func removes() []Scenario {
	const about = "values are removed and set 100 times a second, %s: no value older than what was confirmed"
	scenario := func(name, while string, run func(*Run) error) Scenario {
		return Scenario{Name: name, About: fmt.Sprintf(about, while), writes: 100, share: 50, few: true, place: cuttable, run: run}
	}
	return []Scenario{
		scenario("remove-loading", "while an origin of 50ms is asked", removeLoading),
		scenario("remove-flapping", "while nodes stand still for moments", removeFlapping),
		scenario("remove-lost", "while messages are lost on the way from one node to another", removeLost),
	}
}

func removeLoading(r *Run) error {
	r.fault("an origin of 50ms")
	r.origin.SetDelay(50 * time.Millisecond)
	r.goOn()
	return nil
}

// upFor is how long nodes go on between two faults.
const upFor = 500 * time.Millisecond

func removeFlapping(r *Run) error {
	r.fault("nodes stand still")
	for end := time.Now().Add(2 * r.set.Duration); time.Now().Before(end) && r.ctx.Err() == nil; {
		victim, pause := r.victim(), lot(r.chance, 200*time.Millisecond, 3*time.Second)
		r.fault(fmt.Sprintf("SIGSTOP %s for %v", victim.Name, pause.Round(time.Millisecond)))
		victim.Stop()
		r.sleep(pause)
		victim.Continue()
		r.sleep(upFor)
	}
	return r.agree(15 * time.Second)
}

func removeLost(r *Run) error {
	r.fault("messages are lost")
	for end := time.Now().Add(2 * r.set.Duration); time.Now().Before(end) && r.ctx.Err() == nil; {
		from, to, pause := r.victim(), r.victim(), lot(r.chance, 50*time.Millisecond, 600*time.Millisecond)
		if from == to {
			continue
		}
		r.fault(fmt.Sprintf("what %s sends to %s is lost for %v", from.Name, to.Name, pause.Round(time.Millisecond)))
		if err := r.net.Cut(from.Place(), to.Place()); err != nil {
			return err
		}
		r.sleep(pause)
		if err := r.net.Mend(from.Place(), to.Place()); err != nil {
			return err
		}
		r.sleep(upFor)
	}
	return r.agree(15 * time.Second)
}
