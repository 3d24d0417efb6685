package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/figure"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/summary"
)

const statsHelp = `Print what the members of the cluster have counted since each of them began: Gets and the part of them that needed no load,
Gets served to peers, loads from the origin and those that failed, times of Gets, and what is held.

With --json, all counters of all members and groups, histograms included, as the page at / reads them.`

func newStatsCommand() *cobra.Command {
	group := ""
	cmd := newAskCommand("stats", "", "Print what the members count", func(ctx context.Context, a *asking) error {
		doc, err := a.cluster(ctx)
		if err != nil {
			return fmt.Errorf("stats: %w", err)
		}
		if err := checkGroup(doc, group); err != nil {
			return fmt.Errorf("stats: %w", err)
		}
		if a.json {
			return a.printJSON(doc)
		}
		return a.printTable(statsHeader, statsRows(doc, nil, group))
	})
	cmd.Use = "stats"
	cmd.Long = statsHelp
	cmd.Example = "  p2pcache stats\n  p2pcache stats --group pages --server 10.0.0.1:9999\n  p2pcache stats --json"
	cmd.Flags().StringVar(&group, "group", "", "only this `GROUP` (default: all together)")
	return cmd
}

// cluster asks the node what all members count.
func (a *asking) cluster(ctx context.Context) (*pages.Cluster, error) {
	doc := &pages.Cluster{}
	return doc, a.page(ctx, pages.ClusterPath, nil, doc)
}

const statsHeader = "MEMBER\tSTATE\tSHARE\tGETS\tHITS\tSERVED\tLOADS\tFAILED\tP50\tP99\tENTRIES\tHELD\tMEMORY"

// statsRows are the rows of a table: one for each member, and the sum where there are several.
func statsRows(now, before *pages.Cluster, group string) []string {
	members, all := summary.Of(now, before, group)
	if len(members) > 1 {
		members = append(members, all)
	}
	rows := make([]string, len(members))
	for i, l := range members {
		rows[i] = strings.Join([]string{
			l.Member, orDash(l.State), figure.Percent(l.Share), number(l.Gets), figure.Percent(l.HitRatio), number(l.Served), number(l.Loads),
			number(l.Errors), figure.Time(l.P50), figure.Time(l.P99), humanize.Comma(int64(l.Entries)), sizeOf(uint64(l.Bytes)), sizeOf(l.Memory),
		}, "\t")
	}
	return rows
}

// number prints a count in full, and a rate to three digits.
func number(n float64) string {
	if n == math.Trunc(n) || n >= 100 {
		return humanize.Comma(int64(n + 0.5))
	}
	return fmt.Sprintf("%.3g", n)
}

// sizeOf prints a size without the space before its unit, so that each row has as many words.
func sizeOf(bytes uint64) string { return strings.ReplaceAll(humanize.IBytes(bytes), " ", "") }
