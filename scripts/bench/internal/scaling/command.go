package scaling

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// Command returns the command scaling.
func Command(settings *report.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "scaling", Short: "Throughput, latency and origin loads at 1 to 8 processes", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found := make([][]figures, len(peer.Kinds))
			for i := range found {
				found[i] = make([]figures, len(processCounts))
			}
			for n, processes := range processCounts {
				err := sample.Interleave(settings.Rounds(), len(peer.Kinds), func(i int) error {
					if err := found[i][n].measure(peer.Kinds[i], processes, settings.Span()); err != nil {
						return fmt.Errorf("%s with %d processes: %w", peer.Kinds[i], processes, err)
					}
					return nil
				})
				if err != nil {
					return err
				}
			}
			return settings.Finish(summary(found), cmd.OutOrStdout())
		},
	}
}

func summary(found [][]figures) report.Report {
	t := report.Table{
		Title:   fmt.Sprintf("%d callers in each process, %d keys of %d B by Zipf's law, an origin that takes %v", callers, keys, valueLength, originDelay),
		Columns: []string{"processes", "peers", "gets a second", "median, µs", "99th percentile, µs", "origin loads of a key"},
	}
	plot := report.Plot{
		File: "scaling.svg", Title: "Gets a second of all processes on one machine", X: "processes", Y: "gets a second", LogY: true,
	}
	for i, kind := range peer.Kinds {
		line := report.Line{Name: kind}
		for n, processes := range processCounts {
			line.Points = append(line.Points, report.Point{X: float64(processes), Y: found[i][n].rate.Median()})
		}
		plot.Series = append(plot.Series, line)
	}
	for n, processes := range processCounts {
		for i, kind := range peer.Kinds {
			f := found[i][n]
			t.Add(report.Text(fmt.Sprint(processes)), report.Text(kind), report.Spread(f.rate), report.Spread(f.p50), report.Spread(f.p99),
				report.Spread(f.loads))
		}
	}
	most := 0.0
	for _, f := range found[0] {
		most = max(most, f.loads.Median())
	}
	return report.Report{
		Name: "scaling", Title: "one to eight processes",
		Host: report.ThisHost("github.com/golang/groupcache"), Tables: []report.Table{t}, Plots: []report.Plot{plot},
		Goals: []report.Goal{report.AtMost("origin loads of a key that was asked for, at any number of processes", "", most, 1)},
		Notes: []string{
			"All processes, the origin and what drives them share this machine's cores: throughput shows what a Get costs when ever more of them go over the " +
				"network, not what more machines bring. Percentiles are those of the slowest process.",
			"Each process keeps copies of hot keys as it does by default, and has room for all keys. All keys are loaded, and the load runs once, before it is " +
				"measured; origin loads are counted from the start.",
			"What it does not show: more machines. How membership and ring behave with up to 1,000 members is in docs/scale.md.",
		},
	}
}
