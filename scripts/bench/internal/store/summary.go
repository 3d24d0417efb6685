package store

import (
	"fmt"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

func summary(found map[string]rates, entries int, all []held, full held) report.Report {
	r := report.Report{
		Name: commandName, Title: "the store within one process",
		Host: report.ThisHost("github.com/golang/groupcache", "github.com/maypok86/otter/v2", "github.com/Yiling-J/theine-go",
			"github.com/dgraph-io/ristretto/v2", "github.com/coocood/freecache", "github.com/allegro/bigcache/v3"),
		Tables: []report.Table{rateTable(found), holdTable(entries, all, full)},
		Goals:  append(rateGoals(found), holdGoals(all[0], full)...),
		Notes: []string{
			"groupcache is its lru under a lock, as a Group holds it. Rates: each contender in a process of its own, all through one interface; they take turns. Ristretto, otter and theine " +
				"work part of a Set off later, and ristretto drops Sets when it is busy, so their rates of Sets are of Sets accepted for work.",
			fmt.Sprintf("Memory: each contender in a process of its own; keys of %d bytes, values of %d. Resident is what the process took more "+
				"after all was stored, collected and given back; freecache and bigcache are given the memory that they take, in advance. The full store "+
				"was given twice the entries that its budget was made for.", keyLength, valueLength),
			"Marking is processor time of the collector in one forced cycle, idle cores' help included; a cycle is the time until that cycle was over, sweeping " +
				"included.",
			"What it does not show: values that live shorter than the process, or are of many sizes; more cores than these.",
		},
	}
	return r
}

func rateTable(found map[string]rates) report.Table {
	t := report.Table{Title: "Million operations a second", Columns: []string{""}}
	for _, name := range loadNames {
		for _, callers := range callerCounts {
			t.Columns = append(t.Columns, fmt.Sprintf("%s, %d", name, callers))
		}
	}
	for _, kind := range kinds {
		row := []report.Cell{report.Text(kind.Name)}
		for _, name := range loadNames {
			for n := range callerCounts {
				row = append(row, report.Spread(found[kind.Name][name][n].Scaled(1e-6)))
			}
		}
		t.Add(row...)
	}
	return t
}

func holdTable(entries int, all []held, full held) report.Table {
	t := report.Table{
		Title: fmt.Sprintf("%d entries, %d bytes of key and value each", entries, keyLength+valueLength),
		Columns: []string{
			"", "entries held", "resident, B/entry", "live heap, B/entry", "marking, ms of processor", "cycle, ms", "resident/budget",
		},
	}
	add := func(name string, h held) {
		budget := report.None()
		if h.Budget > 0 {
			budget = report.Fixed(float64(h.Resident)/float64(h.Budget), 3)
		}
		t.Add(report.Text(name), report.Text(fmt.Sprint(h.Entries)), report.Fixed(h.residentEach(), 1), report.Fixed(float64(h.Live)/float64(h.Entries), 1),
			report.Figure(h.MarkCPU), report.Figure(h.Cycle), budget)
	}
	for i, kind := range kinds {
		add(kind.Name, all[i])
	}
	add("p2pcache, full", full)
	return t
}

func (h held) residentEach() float64 { return float64(h.Resident) / float64(max(h.Entries, 1)) }

func rateGoals(found map[string]rates) []report.Goal {
	own := found[caches.P2PCache.Name]
	against := func(other caches.Kind, load string, callers int) float64 {
		return own[load][callers].Median() / found[other.Name][load][callers].Median()
	}
	var goals []report.Goal
	for n, callers := range callerCounts {
		with := fmt.Sprintf(", %d callers: against ", callers)
		goals = append(goals,
			report.AtLeast(getLoad+with+"otter", " ×", against(caches.Otter, getLoad, n), 1),
			report.AtLeast(mixedLoad+with+"otter", " ×", against(caches.Otter, mixedLoad, n), 1),
			report.AtLeast(storeLoad+with+"otter", " ×", against(caches.Otter, storeLoad, n), 1.5),
			report.AtLeast(storeLoad+with+"freecache", " ×", against(caches.Freecache, storeLoad, n), 1),
		)
	}
	return append(goals, report.AtLeast(storeLoad+", 2 callers", "/s", own[storeLoad][1].Median(), 1.5e6))
}

func holdGoals(spare, full held) []report.Goal {
	return []report.Goal{
		report.AtMost("resident memory per entry, all fit", " B", spare.residentEach(), 150),
		report.AtMost("resident memory per entry, budget full", " B", full.residentEach(), 150),
		report.AtMost("marking in one cycle", " ms", max(spare.MarkCPU, full.MarkCPU), 10),
		report.AtMost("resident memory against the budget", " ×", float64(full.Resident)/float64(full.Budget), 1.05),
	}
}
