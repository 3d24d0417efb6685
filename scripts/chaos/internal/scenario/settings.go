//go:build linux

package scenario

import (
	"fmt"
	"io"
	"os/exec"
	"time"
)

// Settings are the same for all scenarios of a run of the driver.
type Settings struct {
	Binary   string        // the node's
	Nodes    int           // if zero, the scenario's own number
	Duration time.Duration // how long the load goes on after the fault; if zero, the scenario's own
	Steady   time.Duration // how long it goes on before; if zero, the scenario's own
	Rounds   int           // how often what is repeated is done; if zero, the scenario's own number
	Seed     uint64        // of the faults and of the load
	Keys     int           // that are read and counted
	Rate     int           // Gets a second
	Logs     string        // directory
	Out      io.Writer     // gets a word on what is done
}

// Bounds of settings. With fewer nodes there is no smaller side to cut off; each has an address of its own in one network.
const (
	leastNodes = 3
	mostNodes  = 200
)

// Validate returns an error for settings that no scenario can be carried out with, or that would have nothing fall short as nothing is
// done.
func (set Settings) Validate() error {
	if set.Nodes != 0 && (set.Nodes < leastNodes || set.Nodes > mostNodes) {
		return fmt.Errorf("%d nodes: from %d to %d are possible", set.Nodes, leastNodes, mostNodes)
	}
	for _, least := range []struct {
		name       string
		got, least int
	}{{"keys", set.Keys, 1}, {"Gets a second", set.Rate, 1}, {"rounds", set.Rounds, 0}} {
		if least.got < least.least {
			return fmt.Errorf("%d %s are too few", least.got, least.name)
		}
	}
	for _, d := range []time.Duration{set.Duration, set.Steady} {
		if d < 0 {
			return fmt.Errorf("a load cannot go on for %v", d)
		}
	}
	if _, err := exec.LookPath(set.Binary); err != nil {
		return fmt.Errorf("the node's binary: %w", err)
	}
	return nil
}

func (s Scenario) withSettings(set Settings) (Scenario, Settings) {
	if set.Nodes == 0 {
		set.Nodes = s.Nodes
	}
	if set.Nodes == 0 {
		set.Nodes = defaultNodes
	}
	if set.Duration == 0 {
		set.Duration = s.length
	}
	if set.Duration == 0 {
		set.Duration = defaultLength
	}
	if set.Steady == 0 {
		set.Steady = s.steady
	}
	if set.Steady == 0 {
		set.Steady = defaultSteady
	}
	if s.size == 0 {
		s.size = defaultSize
	}
	if s.share == 0 {
		s.share = defaultShare
	}
	if s.keys > 0 {
		set.Keys = s.keys
	}
	if s.memory == "" {
		s.memory = defaultMemory
	}
	if set.Rounds == 0 {
		set.Rounds = s.rounds
	}
	if s.replicas == 0 {
		s.replicas = 1
	}
	return s, set
}
