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
		Tables: []report.Table{rateTable(found), timesTable(found), holdTable(entries, all, full)},
		Goals:  append(rateGoals(found), holdGoals(entries, all[0], full)...),
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

// What tables, rows and columns are called.
const (
	rateTitle      = "Million operations a second"
	timesTitle     = "p2pcache's rate, in times the other's"
	fullRow        = "p2pcache, full"
	residentColumn = "resident, B/entry"
	markColumn     = "marking, ms of processor"
	budgetColumn   = "resident/budget"
)

// rateColumn is called by the load and the number of callers.
func rateColumn(load string, callers int) string { return fmt.Sprintf("%s, %d", load, callers) }

func rateTable(found map[string]rates) report.Table {
	return perLoad(rateTitle, kinds, func(kind, load string, n int) report.Cell {
		return report.Spread(found[kind][load][n].Scaled(1e-6))
	})
}

func timesTable(found map[string]rates) report.Table {
	return perLoad(timesTitle, kinds[1:], func(kind, load string, n int) report.Cell {
		return report.Times(times(found, kind, load, n))
	})
}

// times is how many times another's rate this project's is.
func times(found map[string]rates, other, load string, n int) float64 {
	return found[caches.P2PCache.Name][load][n].Median() / found[other][load][n].Median()
}

// perLoad is a table with a row for each cache, and a column for each load and number of callers.
func perLoad(title string, kinds []caches.Kind, cell func(kind, load string, n int) report.Cell) report.Table {
	t := report.Table{Title: title, Columns: []string{""}}
	for _, load := range loadNames {
		for _, callers := range callerCounts {
			t.Columns = append(t.Columns, rateColumn(load, callers))
		}
	}
	for _, kind := range kinds {
		row := []report.Cell{report.Text(kind.Name)}
		for _, load := range loadNames {
			for n := range callerCounts {
				row = append(row, cell(kind.Name, load, n))
			}
		}
		t.Add(row...)
	}
	return t
}

func holdTitle(entries int) string {
	return fmt.Sprintf("%d entries, %d bytes of key and value each", entries, keyLength+valueLength)
}

func holdTable(entries int, all []held, full held) report.Table {
	t := report.Table{
		Title:   holdTitle(entries),
		Columns: []string{"", "entries held", residentColumn, "live heap, B/entry", markColumn, "cycle, ms", budgetColumn},
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
	add(fullRow, full)
	return t
}

func (h held) residentEach() float64 { return float64(h.Resident) / float64(max(h.Entries, 1)) }

func rateGoals(found map[string]rates) []report.Goal {
	var goals []report.Goal
	for n, callers := range callerCounts {
		against := func(other caches.Kind, load string, want float64) report.Goal {
			what := fmt.Sprintf("%s, %d callers: against %s", load, callers, other.Name)
			return report.AtLeast(what, " ×", times(found, other.Name, load, n), want).In(timesTitle, other.Name, rateColumn(load, callers))
		}
		goals = append(goals, against(caches.Otter, getLoad, 1), against(caches.Otter, mixedLoad, 1), against(caches.Otter, storeLoad, 1.5),
			against(caches.Freecache, storeLoad, 1))
	}
	own := caches.P2PCache.Name
	return append(goals, report.AtLeast(storeLoad+", 2 callers", "/s", found[own][storeLoad][1].Median(), 1.5e6).In(rateTitle, own, rateColumn(storeLoad, 2)))
}

func holdGoals(entries int, spare, full held) []report.Goal {
	title, own := holdTitle(entries), caches.P2PCache.Name
	return []report.Goal{
		report.AtMost("resident memory per entry, all fit", " B", spare.residentEach(), 150).In(title, own, residentColumn),
		report.AtMost("resident memory per entry, budget full", " B", full.residentEach(), 150).In(title, fullRow, residentColumn),
		report.AtMost("marking in one cycle, all fit", " ms", spare.MarkCPU, 10).In(title, own, markColumn),
		report.AtMost("marking in one cycle, budget full", " ms", full.MarkCPU, 10).In(title, fullRow, markColumn),
		report.AtMost("resident memory against the budget", " ×", float64(full.Resident)/float64(full.Budget), 1.05).In(title, fullRow, budgetColumn),
	}
}
