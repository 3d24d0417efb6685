//go:build linux

// Package scenario holds the faults that a cluster must withstand, each with the figures that it must reach.
package scenario

import (
	"fmt"
	"time"
)

// Scenario is one fault.
type Scenario struct {
	Name  string
	About string // what is done, and what must be reached
	Nodes int    // if zero, 5

	replicas   int           // of each key; if zero, 1
	ttl        time.Duration // of what is written, in whole seconds; if zero, it lives until it is removed
	size       int           // bytes of a value; if zero, defaultSize
	quiet      bool          // nothing is warmed, and there is no load but what the scenario makes itself
	share      int           // Gets of a hundred that ask for written keys; if zero, defaultShare
	few        bool          // keys are written
	writes     int           // a second, to keys of their own, whose values live for ttl
	standstill time.Duration // the longest that a node stands still; so much older may a value be that it was reading then
	place      place         // in which the nodes live
	memory     string        // of each node; if empty, defaultMemory
	keys       int           // that are read and counted, at any setting
	heavy      int           // weight of the first node; if zero, 1
	byHand     bool          // nodes are told by hand who their peers are, each otherwise
	secret     bool          // shared by the nodes
	tls        bool          // between the nodes, and for their clients
	options    string        // more of the group's: ,OPTION=VALUE...
	flags      []string      // more of each node's
	rounds     int           // how often what is repeated is done
	length     time.Duration // how long the load goes on after the fault; if zero, defaultLength
	steady     time.Duration // how long it goes on before; if zero, defaultSteady
	run        func(*Run) error
}

// Defaults of scenarios.
const (
	defaultNodes  = 5
	defaultSize   = 200
	defaultShare  = 10
	defaultMemory = "512MiB"
	defaultLength = 10 * time.Second
	defaultSteady = 5 * time.Second

	// comparedSteady is that of scenarios whose 99th percentile is compared with the steady one, so that this is no matter of chance:
	// 75 Gets at the usual rate take longer.
	comparedSteady = 15 * time.Second
)

const (
	// written is the number of keys that are written where a scenario writes, and fewWritten where it is about writes: so few
	// that loads and writes of a key meet.
	written    = 200
	fewWritten = 24
	// cold is the number of keys that nobody asks for but the scenario itself.
	cold = 1000
)

// group is the configuration of the nodes' group.
func (s Scenario) group() string {
	return fmt.Sprintf("%s,replicas=%d%s", s.memory, s.replicas, s.options)
}

// All returns the scenarios in the order in which they are listed.
func All() []Scenario {
	var all []Scenario
	for _, of := range []func() []Scenario{deaths, deploys, partitions, restarts, origins, hotKeys, removes, crowds, hostiles, strangers, certificates, clocks, disagreements, handOvers, mixtures} {
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
