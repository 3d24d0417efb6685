package hitratio

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// pointsBelow is how far the store may be below each of neverBelow, in percentage points.
const pointsBelow = 1

const hitsTitle = "Hits in percent of accesses, equal numbers of entries"

var bytesTitle = fmt.Sprintf("Bytes hit in percent of bytes asked for, values of %d to %d bytes in one budget", smallestValue, largestValue)

var neverBelow = []string{caches.LRU.Name, caches.S3FIFO.Name, caches.Otter.Name}

// summary reports on the figures.
func summary(policies []caches.Kind, all []figures, madeUp bool) report.Report {
	r := report.Report{
		Name: "hitratio", Title: "hit ratio on traces of keys",
		Host: report.ThisHost("github.com/maypok86/otter/v2", "github.com/Yiling-J/theine-go", "github.com/dgraph-io/ristretto/v2",
			"github.com/hashicorp/golang-lru/v2"),
		Tables: []report.Table{
			table(hitsTitle, all, append(names(policies), bound), hitsOf),
			table(bytesTitle, all, append(names(policies), strict), bytesOfFigures),
		},
		Goals: goals(policies, all),
		Plots: plots(policies, all),
		Notes: []string{
			"Equal numbers of entries: the peers are bounded by the number. This project's store is bounded in bytes, all that it " +
				"takes included, so its budget is the largest with which a replay of this very trace never holds more entries than the number.",
			"One budget: keys and values count against it, and nothing else, for no peer can be told what an entry takes beside them " +
				"(up to twice as much: see store). This project's store counts all that it takes, so its budget is the largest with " +
				"which a replay of this very trace never holds more bytes of keys and values. The last column is the store with the " +
				"peers' budget, in which its overhead counts while theirs does not.",
			"Gets are replayed one after the other, and each store has settled before the next Get. LRU is hashicorp/golang-lru, S3-FIFO and " +
				"the bound are of this repository.",
			"What it does not show: expiry, concurrency, and the traces of others. " +
				"The bound knows the future, and may refuse to take in what it gets.",
		},
	}
	if madeUp {
		r.Notes = append(r.Notes, "The traces are made up, from a fixed seed: name real ones with --trace.")
	}
	return r
}

func names(policies []caches.Kind) []string {
	var all []string
	for _, kind := range policies {
		all = append(all, kind.Name)
	}
	return all
}

func hitsOf(f figures) map[string]float64         { return f.hits }
func bytesOfFigures(f figures) map[string]float64 { return f.bytes }

// meanRow is the last one of each table.
const meanRow = "mean"

// table has a row for each trace and size, and the mean of all.
func table(title string, all []figures, columns []string, of func(figures) map[string]float64) report.Table {
	t := report.Table{Title: title, Columns: append([]string{"trace, size"}, columns...)}
	for _, f := range all {
		row := []report.Cell{report.Text(fmt.Sprintf("%s, %s", f.trace.name, f.size.label))}
		for _, name := range columns {
			row = append(row, report.Fixed(of(f)[name], 2))
		}
		t.Add(row...)
	}
	row := []report.Cell{report.Text(meanRow)}
	for _, name := range columns {
		row = append(row, report.Fixed(mean(all, name, of), 2))
	}
	t.Add(row...)
	return t
}

func mean(all []figures, name string, of func(figures) map[string]float64) float64 {
	var s sample.Sample
	for _, f := range all {
		s = append(s, of(f)[name])
	}
	return s.Mean()
}

func goals(policies []caches.Kind, all []figures) []report.Goal {
	own := caches.P2PCache.Name
	best, bestBytes, worst, fewest := 0.0, 0.0, math.Inf(1), math.Inf(1)
	var worstAt, fewestAt string
	for _, kind := range policies[1:] {
		best = max(best, mean(all, kind.Name, hitsOf))
		bestBytes = max(bestBytes, mean(all, kind.Name, bytesOfFigures))
	}
	for _, f := range all {
		for _, kind := range policies {
			if !slices.Contains(neverBelow, kind.Name) {
				continue
			}
			at := fmt.Sprintf("%s, %s, %s", kind.Name, f.trace.name, f.size.label)
			if d := f.hits[own] - f.hits[kind.Name]; d < worst {
				worst, worstAt = d, at
			}
			if d := f.bytes[own] - f.bytes[kind.Name]; d < fewest {
				fewest, fewestAt = d, at
			}
		}
	}
	return []report.Goal{
		report.AtLeast("mean hit ratio, against the best other's", " %", mean(all, own, hitsOf), best).In(hitsTitle, meanRow, own),
		report.AtLeast("points over LRU, S3-FIFO and otter where least ("+worstAt+")", "", worst, -pointsBelow),
		report.AtLeast("mean bytes hit, against the best other's", " %", mean(all, own, bytesOfFigures), bestBytes).In(bytesTitle, meanRow, own),
		report.AtLeast("bytes hit, points over LRU, S3-FIFO and otter where least ("+fewestAt+")", "", fewest, 0),
	}
}

// plots draws one picture for each trace.
func plots(policies []caches.Kind, all []figures) []report.Plot {
	var pictures []report.Plot
	for _, f := range all {
		if !slices.ContainsFunc(pictures, func(p report.Plot) bool { return p.File == plotFile(f.trace) }) {
			pictures = append(pictures, curve(policies, f.trace, all))
		}
	}
	return pictures
}

func plotFile(t trace) string { return "hitratio-" + strings.ToLower(t.name) + ".svg" }

func curve(policies []caches.Kind, t trace, all []figures) report.Plot {
	p := report.Plot{File: plotFile(t), Title: "Hit ratio, " + t.name, X: "entries, % of distinct keys", Y: "hits, %", LogX: true}
	for _, name := range append(names(policies), bound) {
		line := report.Line{Name: name}
		for _, f := range all {
			if f.trace.name == t.name {
				line.Points = append(line.Points, report.Point{X: f.size.share(t), Y: f.hits[name]})
			}
		}
		p.Series = append(p.Series, line)
	}
	return p
}
