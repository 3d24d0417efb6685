package deploys

import (
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

// What columns are called.
const (
	errorsColumn = "errors"
	loadsColumn  = "loads/key"
)

// rowName is the first cell of a row.
func rowName(scenario string, s system) string { return scenario + ", " + s.name }

func summary(systems []system, found map[string][]result, keys int) report.Report {
	t := report.Table{
		Title: fmt.Sprintf("5 processes, %d keys resident, a steady load of Gets by Zipf's law", keys),
		Columns: []string{
			"fault, system", "gets from the fault on", errorsColumn, "origin loads", loadsColumn, "p99, ms", "steady p99, ms", "longest, ms", "members agree after, s",
		},
	}
	for i, scenario := range scenarios {
		for _, s := range systems {
			t.Add(row(rowName(scenario, s), found[s.name][i], keys)...)
		}
	}
	return report.Report{
		Name: "deploys", Title: "deaths and deploys under load",
		Host:   report.ThisHost("github.com/golang/groupcache", "github.com/hashicorp/memberlist"),
		Tables: []report.Table{t},
		Goals:  goals(t.Title, systems[0], found[systems[0].name], keys),
		Notes: []string{
			"The driver is scripts/chaos: kill9 kills one of five with SIGKILL; rolling ends and restarts all five, one after another, by SIGTERM, and then asks " +
				"for every key; join adds a sixth and then asks for every key; stop3 stops one for 3 s by SIGSTOP and then asks for every key.",
			"groupcache + memberlist is golang/groupcache whose pool of peers is set from memberlist's events (scripts/bench/groupcached), with memberlist's " +
				"settings for a local network: what one has who puts the two together. It has no time limit on its fetches but those of the asker.",
			"Loads are all loads of the keys from the first fault on. After kill -9 what the victim held is gone, about a fifth of all keys, of which each that is " +
				"asked for must be loaded once.",
			"What it does not show: machines that fail, networks that lose packets, and origins that are slow.",
		},
	}
}

func row(name string, r result, keys int) []report.Cell {
	agree := report.None()
	if r.Agree > 0 {
		agree = report.Fixed(r.Agree.Seconds(), 2)
	}
	cells := []report.Cell{
		report.Text(name), report.Figure(float64(r.Faulty.Gets)), report.Text(fmt.Sprint(r.Faulty.Errors)), report.Text(fmt.Sprint(r.Loads)),
		report.Fixed(float64(r.Loads)/float64(keys), 3), millis(r.Faulty.P99), millis(r.Steady.P99), millis(r.Faulty.Longest), agree,
	}
	if r.Failure != "" {
		cells[0].Text += " (" + r.Failure + ")"
	}
	return cells
}

func millis(d time.Duration) report.Cell {
	return report.Figure(float64(d) / float64(time.Millisecond))
}

// mostLoads are, in parts of all keys, the origin loads that are allowed after the faults that lose nothing.
var mostLoads = map[string]float64{"rolling": 0.02, "join": 0.02}

func goals(title string, own system, results []result, keys int) []report.Goal {
	var all []report.Goal
	for _, r := range results {
		if r.Failure != "" {
			all = append(all, report.Goal{What: r.Scenario, Want: "carried out", Got: r.Failure})
			continue
		}
		row := rowName(r.Scenario, own)
		all = append(all, report.AtMost(r.Scenario+": errors", "", float64(r.Faulty.Errors), 0).In(title, row, errorsColumn))
		if most, ok := mostLoads[r.Scenario]; ok {
			loads := float64(r.Loads) / float64(keys)
			all = append(all, report.AtMost(r.Scenario+": origin loads for each resident key", "", loads, most).In(title, row, loadsColumn))
		}
	}
	return all
}
