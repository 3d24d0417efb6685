package herd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// Command returns the command herd.
func Command(settings *report.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "herd", Short: "Origin loads of one cold key that many ask for at once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			alive, dead := make([]figures, len(peer.Kinds)), make([]figures, len(peer.Kinds))
			err := sample.Interleave(settings.Rounds(), len(peer.Kinds), func(i int) error {
				return round(peer.Kinds[i], &alive[i], &dead[i])
			})
			if err != nil {
				return err
			}
			return settings.Finish(summary(alive, dead), cmd.OutOrStdout())
		},
	}
}

func summary(alive, dead []figures) report.Report {
	const most, killed = "most", ", the key's owner killed before"
	t := report.Table{
		Title:   fmt.Sprintf("%d callers in each of %d processes, an origin that takes %v", callers, processes, originDelay),
		Columns: []string{"", "keys", "origin loads of a key, mean", most, "last caller served after, ms", "errors"},
	}
	add := func(name string, f figures) {
		t.Add(report.Text(name), report.Text(fmt.Sprint(len(f.loads))), report.Fixed(f.loads.Mean(), 2), report.Figure(f.loads.Max()),
			report.Spread(f.slowest), report.Text(fmt.Sprint(f.errors)))
	}
	var goals []report.Goal
	for i, kind := range peer.Kinds {
		add(kind, alive[i])
		add(kind+killed, dead[i])
	}
	goals = append(goals,
		report.AtMost("loads of a key, at most", "", alive[0].loads.Max(), 1).In(t.Title, peer.Kinds[0], most),
		report.AtMost("the same with its owner killed", "", dead[0].loads.Max(), 1).In(t.Title, peer.Kinds[0]+killed, most),
		report.AtMost("errors", "", float64(alive[0].errors+dead[0].errors), 0),
	)
	return report.Report{
		Name: "herd", Title: "a herd on one cold key",
		Host: report.ThisHost("github.com/golang/groupcache"), Tables: []report.Table{t}, Goals: goals,
		Notes: []string{
			"Owner killed: by SIGKILL, just before the first of the keys; the keys are those that it owned. groupcache is given the peers once and learns " +
				"nothing of the death, as its HTTPPool has it.",
			"What it does not show: an owner that stands still instead of being dead (see deploys), and networks that lose packets.",
		},
	}
}
