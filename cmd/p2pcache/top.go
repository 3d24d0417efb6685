package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/figure"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/summary"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/top"
	"github.com/p2pcache/p2pcache/node"
)

const topHelp = `Watch the cluster in the terminal: members, rates, hit ratio, times and what is held, anew each --interval.

Keys: q ends it, p pauses, g goes on to the next group. Where standard output is no terminal, it prints a line each interval
instead, or with --json an object.`

// topFlags are what top was told.
type topFlags struct {
	interval time.Duration
	count    int // of intervals; 0: until it is ended
	group    string
}

func newTopCommand() *cobra.Command {
	f := topFlags{interval: time.Second}
	cmd := newLongCommand("top", "", "Watch the cluster in the terminal", f.run)
	cmd.Use = "top"
	cmd.Long = topHelp
	cmd.Example = "  p2pcache top\n  p2pcache top --group pages --interval 5s\n  p2pcache top --count 1 --json"
	flags := cmd.Flags()
	flags.Var(parsedVar(&f.interval, "1s", "DURATION", parseLimit), "interval", "time between two looks")
	flags.Var(parsedVar(&f.count, "", "N", parseCount(1<<30)), "count", "end after so many intervals (default: when it is told to)")
	flags.StringVar(&f.group, "group", "", "only this `GROUP` (default: all together)")
	return cmd
}

func (f *topFlags) run(ctx context.Context, a *asking) error {
	look := func(ctx context.Context) (*pages.Cluster, error) {
		ctx, cancel := context.WithTimeout(ctx, a.timeout)
		defer cancel()
		return a.cluster(ctx)
	}
	first, err := look(ctx)
	if err == nil {
		err = checkGroup(first, f.group)
	}
	if err != nil {
		return fmt.Errorf("top: %w", err)
	}
	out := a.cmd.OutOrStdout()
	if a.json || !isTerminal(out) || !isTerminal(a.cmd.InOrStdin()) {
		return f.lines(ctx, a, first, look)
	}
	model := top.New(top.Config{Look: look, Interval: f.interval, Group: f.group, Looks: f.count}, first)
	program := tea.NewProgram(model, tea.WithOutput(out), tea.WithoutSignalHandler())
	defer context.AfterFunc(ctx, program.Quit)()
	_, err = program.Run()
	return err
}

// checkGroup refuses the name of a group that no member has.
func checkGroup(doc *pages.Cluster, group string) error {
	if group == "" {
		return nil
	}
	for _, m := range doc.Members {
		if m.Stats != nil && slices.ContainsFunc(m.Stats.Groups, func(g pages.GroupStats) bool { return g.Name == group }) {
			return nil
		}
	}
	return fmt.Errorf("%w %q", node.ErrUnknownGroup, group)
}

const topLine = "%-8s  %7s  %12s  %7s  %9s  %9s  %9s  %9s\n"

// lines prints a line each interval.
func (f *topFlags) lines(ctx context.Context, a *asking, before *pages.Cluster, look func(context.Context) (*pages.Cluster, error)) error {
	out := a.cmd.OutOrStdout()
	if !a.json {
		fmt.Fprintf(out, topLine, "TIME", "MEMBERS", "GETS/S", "HITS", "LOADS/S", "P50", "P99", "HELD")
	}
	tick := time.NewTicker(f.interval)
	defer tick.Stop()
	for i := 0; f.count == 0 || i < f.count; i++ {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now, err := look(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("top: %w", err)
		}
		members, all := summary.Of(now, before, f.group)
		if before = now; a.json {
			if err := a.printJSON(rates{time.UnixMilli(now.UnixMilli).UTC(), members, all}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(out, topLine, time.UnixMilli(now.UnixMilli).Format(time.TimeOnly), humanize.Comma(int64(len(members))),
			number(all.Gets), figure.Percent(all.HitRatio), number(all.Loads), figure.Time(all.P50), figure.Time(all.P99), sizeOf(uint64(all.Bytes)))
	}
	return nil
}

// rates is the JSON of an interval.
type rates struct {
	Time    time.Time      `json:"time"`
	Members []summary.Line `json:"members"`
	All     summary.Line   `json:"all"`
}
