package ringcost

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// memberCounts and what is wanted of each.
var memberCounts = []struct {
	members        int
	lookup, spread float64 // nanoseconds, and the fullest member against the mean
}{
	{10, 15, 1.10},
	{100, 20, 1.10},
	{1000, 25, 1.20},
}

const (
	lookupKeys  = 1 << 12 // asked for over and over
	spreadKeys  = 2_000_000
	joinMillis  = 1    // of a ring of 1,000
	movedWithin = 0.05 // of the joiner's fair share
)

// What the table and its columns are called.
const (
	title            = "A ring of n members"
	lookupColumn     = "lookup, ns"
	randomColumn     = "fullest/mean, random keys"
	sequentialColumn = "sequential keys"
	joinColumn       = "join, ms"
	movedColumn      = "moved/fair share"
	astrayColumn     = "moved elsewhere"
)

// Command returns the command ring.
func Command(settings *report.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "ring", Short: "Owners of keys: lookup, balance, cost of a join", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return settings.Finish(run(settings.Rounds()), cmd.OutOrStdout())
		},
	}
}

func run(rounds int) report.Report {
	r := report.Report{
		Name: "ring", Title: "owners of keys",
		Host: report.ThisHost("github.com/golang/groupcache"),
		Notes: []string{
			"The lookup includes the hash of the key. groupcache's ring has 50 points for each member, its default, and is made anew when a " +
				"member joins, as HTTPPool.Set does it.",
			fmt.Sprintf("Balance: the keys of the member that owns most, against the mean, of %d random keys and as many sequential ones. Moved: "+
				"the keys that a join moves, against the joiner's fair share of 1/(n+1). Both of several clusters with members of other names.", spreadKeys),
			"What it does not show: caches of a processor that is busy with other things; a lookup then takes longer, the larger the ring.",
		},
	}
	t := report.Table{
		Title:   title,
		Columns: []string{"members, ring", lookupColumn, randomColumn, sequentialColumn, joinColumn, movedColumn, astrayColumn},
	}
	keys, random, sequential := randomKeys(lookupKeys), randomKeys(spreadKeys), sequentialKeys(spreadKeys)
	for _, want := range memberCounts {
		found := measureAll(want.members, rounds, keys, random, sequential)
		for i, f := range found {
			t.Add(report.Text(rowName(want.members, contenders[i].name)), report.Spread(f.lookup), report.Spread(f.random),
				report.Spread(f.sequential), report.Spread(f.join), report.Spread(f.moved), report.Figure(float64(f.astray)))
		}
		r.Goals = append(r.Goals, goals(want.members, found[0], want.lookup, want.spread)...)
	}
	r.Tables = []report.Table{t}
	return r
}

// rowName is the first cell of a row.
func rowName(members int, ring string) string { return fmt.Sprintf("%d, %s", members, ring) }

func measureAll(members, rounds int, keys, random, sequential []string) []figures {
	found, rings := make([]figures, len(contenders)), make([]ring, len(contenders))
	for i, c := range contenders {
		rings[i] = c.make(memberNames(0, members))
		for cluster := range rounds {
			found[i].spread(c.make(memberNames(cluster, members)), members, random, sequential)
		}
	}
	sample.Interleave(rounds, len(rings), func(i int) error { //nolint:errcheck // there is none
		found[i].measure(rings[i], keys)
		return nil
	})
	return found
}

func goals(members int, f figures, lookup, spread float64) []report.Goal {
	at, row := fmt.Sprintf("%d members: ", members), rowName(members, contenders[0].name)
	fullest := sequentialColumn
	if f.random.Median() > f.sequential.Median() {
		fullest = randomColumn
	}
	all := []report.Goal{
		report.AtMost(at+"lookup", " ns", f.lookup.Median(), lookup).In(title, row, lookupColumn),
		report.AtMost(at+"fullest member against the mean", "", max(f.random.Median(), f.sequential.Median()), spread).In(title, row, fullest),
		report.AtMost(at+"keys moved by a join, against the fair share, either way", "", 1+math.Abs(f.moved.Median()-1), 1+movedWithin).In(title, row, movedColumn),
		report.AtMost(at+"keys that it moved elsewhere", "", float64(f.astray), 0).In(title, row, astrayColumn),
	}
	if members == 1000 {
		all = append(all, report.AtMost(at+"join", " ms", f.join.Median(), joinMillis).In(title, row, joinColumn))
	}
	return all
}
