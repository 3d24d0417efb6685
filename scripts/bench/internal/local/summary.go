package local

import (
	"fmt"
	"math"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

const ours = peer.P2PCache + wholeGet

// What the table and its columns are called.
const (
	allocations = "allocations"
	timesOne    = "times Group.Get's, 1 caller"
	timesTwo    = "times Group.Get's, 2 callers"
)

var title = fmt.Sprintf("Gets of %d B among %d keys, Zipf's law: nanoseconds from one to the next", valueLength, keyCount)

func summary(found map[string][]figures) report.Report {
	t := report.Table{
		Title:   title,
		Columns: []string{"", "1 caller", "2 callers", "processor, 1 caller", allocations, timesOne, timesTwo},
	}
	for _, name := range names() {
		one, two := found[name][0], found[name][1]
		t.Add(report.Text(name), report.Spread(one.nanos), report.Spread(two.nanos), report.Spread(one.cpu), report.Fixed(one.mallocs.Median(), 1),
			report.Times(times(found, name, 0)), report.Times(times(found, name, 1)))
	}
	return report.Report{
		Name: commandName, Title: "gets of what the process holds itself",
		Host: report.ThisHost("github.com/golang/groupcache", "github.com/maypok86/otter/v2", "github.com/Yiling-J/theine-go",
			"github.com/dgraph-io/ristretto/v2", "github.com/coocood/freecache"),
		Tables: []report.Table{t},
		Goals:  goals(found),
		Notes: []string{
			"Group.Get is what a program calls: checks, counters and the choice of who owns the key are in it, for p2pcache and for groupcache. " +
				"Behind the other names stands the bare cache; p2pcache store is the bare one of this project.",
			"Go map is no cache: a map[string][]byte that nobody writes to, read without a lock. It tells what any lookup costs here.",
			"Each caller asks for keys drawn beforehand, and all contenders are called through one function value. Each has a process of its own; they " +
				"take turns.",
			"What it does not show: misses, which cost a load, and more cores than these.",
		},
	}
}

// times is how many times as long as this project's a contender's Get takes.
func times(found map[string][]figures, name string, callers int) float64 {
	return found[name][callers].nanos.Median() / found[ours][callers].nanos.Median()
}

func goals(found map[string][]figures) []report.Goal {
	const groupcache = peer.Groupcache + wholeGet
	otter := caches.Otter.Name
	return []report.Goal{
		report.AtLeast("Group.Get, 1 caller, faster than groupcache's", " ×", times(found, groupcache, 0), 4).In(title, groupcache, timesOne),
		report.AtLeast("Group.Get, 2 callers, faster than groupcache's", " ×", times(found, groupcache, 1), 8).In(title, groupcache, timesTwo),
		report.AtLeast("Group.Get, 1 caller, faster than otter", " ×", times(found, otter, 0), 1).In(title, otter, timesOne),
		report.AtLeast("Group.Get, 2 callers, faster than otter", " ×", times(found, otter, 1), 1).In(title, otter, timesTwo),
		report.AtMost("Group.Get, allocations", "", math.Round(100*found[ours][0].mallocs.Median())/100, 0).In(title, ours, allocations),
	}
}
