// Package scenario holds the faults that a cluster must withstand, each with the figures that it must reach.
package scenario

import (
	"fmt"
	"io"
	"time"
)

// Scenario is one fault.
type Scenario struct {
	Name  string
	About string // what is done, and what must be reached
	Nodes int    // if zero, 5

	replicas int           // of each key; if zero, 1
	ttl      time.Duration // of what is written, in whole seconds; if zero, it lives until it is removed
	size     int           // bytes of a value; if zero, defaultSize
	writes   int           // a second, to keys of their own, whose values live for ttl
	place    place         // in which the nodes live
	options  string        // more of the group's: ,OPTION=VALUE...
	flags    []string      // more of each node's
	length   time.Duration // how long the load goes on after the fault; if zero, defaultLength
	run      func(*Run) error
}

// Defaults of scenarios.
const (
	defaultNodes  = 5
	defaultSize   = 200
	defaultLength = 10 * time.Second
)

// Settings are the same for all scenarios of a run of the driver.
type Settings struct {
	Binary   string        // the node's
	Nodes    int           // if zero, the scenario's own number
	Duration time.Duration // how long the load goes on after the fault; if zero, the scenario's own
	Steady   time.Duration // how long it goes on before
	Seed     uint64        // of the faults and of the load
	Keys     int           // that are read and counted
	Rate     int           // Gets a second
	Logs     string        // directory
	Out      io.Writer     // gets a word on what is done
}

// written is the number of keys that are written, where a scenario writes.
const written = 200

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
	if s.size == 0 {
		s.size = defaultSize
	}
	if s.replicas == 0 {
		s.replicas = 1
	}
	return s, set
}

// group is the configuration of the nodes' group.
func (s Scenario) group() string { return fmt.Sprintf("512MiB,replicas=%d%s", s.replicas, s.options) }

// All returns the scenarios in the order in which they are listed.
func All() []Scenario {
	var all []Scenario
	for _, of := range []func() []Scenario{deaths, deploys, partitions} {
		all = append(all, of()...)
	}
	return all
}

// Find returns the scenario of a name.
func Find(name string) (Scenario, bool) {
	for _, s := range All() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}
