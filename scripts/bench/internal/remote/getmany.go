package remote

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// manyKeys are got by one call.
const manyKeys = 100

var manyCallers = []int{1, 16}

// GetManyCommand returns the command getmany.
func GetManyCommand(settings *report.Settings) *cobra.Command {
	return &cobra.Command{
		Use: "getmany", Short: "Many keys at once from another process", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := startAll(cmd.Context(), nil)
			if err != nil {
				return err
			}
			defer stopAll(all)
			m, err := measureMany(cmd.Context(), all, settings)
			if err != nil {
				return err
			}
			return settings.Finish(manyReport(all, m), cmd.OutOrStdout())
		},
	}
}

func measureMany(ctx context.Context, all []contender, settings *report.Settings) (matrix, error) {
	m := matrix{length: smallLength, cells: make(map[cell]*samples)}
	keys := make([][]string, len(all))
	for i, c := range all {
		var err error
		if keys[i], err = c.fill(ctx, smallLength, manyKeys*slices.Max(manyCallers)*2); err != nil {
			return m, err
		}
	}
	for _, n := range manyCallers {
		err := sample.Interleave(settings.Rounds(), len(all), func(i int) error {
			plan := load.Plan{Callers: n, Span: settings.Span(), Caller: manyGetter(all[i], keys[i], n)}
			return m.at(all[i].name(), n).measure(ctx, all[i], plan)
		})
		if err != nil {
			return m, err
		}
	}
	return m, nil
}

// manyGetter gives each of so many callers batches of its own, in turn.
func manyGetter(c contender, keys []string, callers int) func(int) func(context.Context) error {
	batches := slices.Collect(slices.Chunk(keys, manyKeys))
	return func(caller int) func(context.Context) error {
		next := caller
		return func(ctx context.Context) error {
			got, err := c.getMany(ctx, batches[next])
			if next += callers; next >= len(batches) {
				next = caller
			}
			if err == nil && got != manyKeys*smallLength {
				err = fmt.Errorf("%d bytes of %d keys instead of %d", got, manyKeys, manyKeys*smallLength)
			}
			return err
		}
	}
}

func manyReport(all []contender, m matrix) report.Report {
	perKey := func(s *samples) report.Cell { return report.Spread(s.rate.Scaled(manyKeys)) }
	r := report.Report{
		Name: "getmany", Title: "many keys at once from another process", Host: host(),
		Tables: []report.Table{
			m.table(fmt.Sprintf("%d keys of %d B in a call: keys a second", manyKeys, smallLength), all, manyCallers, perKey),
			m.table(m.timesTitle(), all[1:], manyCallers, nil),
			m.table("Median and 99th percentile of a call, µs", all, manyCallers, func(s *samples) report.Cell { return pair(s.p50, s.p99) }),
		},
		Notes: []string{
			"p2pcache calls Group.GetMany, Redis is asked by MGET and memcached by a multi-get; groupcache has no such request, so its keys are got one by one, all " +
				"at once.",
			"All keys are the other process's: with more processes, p2pcache sends one request to each.",
			"What it does not show: a network, where what a request costs beside its bytes weighs more.",
		},
	}
	for _, other := range []string{"groupcache tuned", "rueidis"} {
		for _, n := range manyCallers {
			r.Goals = append(r.Goals, report.AtLeast(fmt.Sprintf("%d callers: rate against %s", n, other), " ×", m.times(other, n), 1).In(m.timesTitle(), fmt.Sprint(n), other))
		}
	}
	return r
}
