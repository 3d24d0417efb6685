//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/scenario"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

const help = `Start a cluster of real processes under load, break it, and check what came of it. Without a name, every scenario is
run. Exit code 1 says that a figure was beyond its limit.

Each line says how the Gets from the fault on ended. After the bar come the figures that are checked beside their limits.`

const examples = `  scripts/chaos.sh --list
  scripts/chaos.sh kill9 rolling
  scripts/chaos.sh stop30 --seed 7 --keep`

// options are the command's flags.
type options struct {
	set    scenario.Settings
	list   bool
	keep   bool
	json   bool
	counts bool
	tries  int // of a scenario that falls short on a starved machine
	relays bool
	report string // file
	proof  string // name of a figure that must fall short

	results []scenario.Result // so far
}

func newRootCommand() *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use: "chaos [scenario...]", Args: cobra.ArbitraryArgs, Short: "Break a cluster and check what came of it", Long: help, Example: examples,
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, names []string) error {
			if o.list {
				return list(cmd.OutOrStdout())
			}
			chosen, err := choose(names)
			if err != nil {
				return err
			}
			if err := o.set.Validate(); err != nil {
				return usageError{err}
			}
			return o.isolate(func() error { return o.run(cmd.Context(), chosen, cmd.OutOrStdout(), cmd.ErrOrStderr()) })
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	o.addTo(cmd)
	cmd.AddCommand(newRelayCommand(), newReportCommand())
	return cmd
}

// isolate runs what starts clusters in a network of its own, by this command once more, where that is possible.
func (o *options) isolate(run func() error) error {
	switch {
	case network.Isolated():
		if err := network.OpenLoopback(); err != nil {
			return err
		}
	case !o.relays:
		if code, ok := network.Isolate(); ok {
			return exitStatus(code)
		}
	}
	return run()
}

func (o *options) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&o.list, "list", false, "list the scenarios and what each must reach")
	flags.StringVar(&o.set.Binary, "binary", "bin/p2pcache", "`FILE` of the node, or of another program that takes the same flags")
	flags.IntVar(&o.set.Nodes, "nodes", 0, "number of nodes (default: the scenario's own)")
	flags.DurationVar(&o.set.Duration, "duration", 0, "how long the load goes on after the fault (default: the scenario's own)")
	flags.DurationVar(&o.set.Steady, "steady", 0, "how long it goes on before (default: the scenario's own)")
	flags.Uint64Var(&o.set.Seed, "seed", 1, "of the faults and of the load: the same seed does the same")
	flags.IntVar(&o.set.Rounds, "rounds", 0, "how often what a scenario repeats is done (default: the scenario's own)")
	flags.IntVar(&o.set.Keys, "keys", 10000, "number of keys whose loads are counted")
	flags.IntVar(&o.set.Rate, "rate", 500, "Gets a second")
	flags.BoolVar(&o.keep, "keep", false, "keep the nodes' logs also where nothing fell short")
	flags.BoolVar(&o.json, "json", false, "print one JSON object a scenario instead of a line")
	flags.StringVar(&o.report, "report", "bin/chaos.html", "`FILE` for the page that shows what happened; empty: none")
	flags.BoolVar(&o.relays, "relays", false, "break the network by relays also where namespaces may be made")
	flags.StringVar(&o.proof, "must-fall-short", "", "succeed if the `FIGURE` falls short, whose name begins so, and fail otherwise")
	flags.BoolVar(&o.counts, "counts", false, "judge counts alone, for a machine that is busy with other things")
	flags.IntVar(&o.tries, "tries", 1, "how often a scenario is tried that falls short on a machine that starves it; with --counts, the last try there is judged by its values alone")
}

func choose(names []string) ([]scenario.Scenario, error) {
	if len(names) == 0 {
		return scenario.All(), nil
	}
	var chosen []scenario.Scenario
	for _, name := range names {
		s, ok := scenario.Find(name)
		if !ok {
			return nil, usageError{fmt.Errorf("there is no scenario %q: see --list", name)}
		}
		chosen = append(chosen, s)
	}
	return chosen, nil
}

func list(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range scenario.All() {
		fmt.Fprintf(w, "%s\t%s\n", s.Name, s.About)
	}
	return w.Flush()
}

var errShort = errors.New("not every figure is within its limit")

// run carries scenarios out, one after another.
func (o *options) run(ctx context.Context, chosen []scenario.Scenario, out, errOut io.Writer) error {
	logs, err := os.MkdirTemp("", "p2pcache-chaos-")
	if err != nil {
		return err
	}
	o.set.Logs, o.set.Out = logs, errOut
	if err := o.writeReport(); err != nil { // now rather than when what it is about has been done
		return errors.Join(usageError{err}, os.Remove(logs))
	}
	short := false
	proven := o.proof == ""
	for _, s := range chosen {
		fmt.Fprintf(errOut, "%s: %s\n", s.Name, s.About)
		result, ok := o.try(ctx, s, errOut)
		if ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), os.RemoveAll(logs))
		}
		short = short || !ok
		proven = proven || result.FallsShort(o.proof)
		if err := o.print(out, errOut, result); err != nil {
			return err
		}
	}
	if err := o.end(errOut, short && o.proof == "" || !proven); err != nil || o.proof == "" {
		return err
	}
	if !proven {
		return fmt.Errorf("%q did not fall short", o.proof)
	}
	return nil
}

// try carries a scenario out, and again where it falls short on a machine that starves it, and reports whether it does not in the end.
// On any other machine, and whatever the machine where a value was wrong or a node broke, once is enough.
func (o *options) try(ctx context.Context, s scenario.Scenario, errOut io.Writer) (scenario.Result, bool) {
	set := o.set
	for i := 1; ; i++ {
		result := scenario.Execute(ctx, s, set)
		ok := result.Verdict(o.counts)
		if ok || ctx.Err() != nil || !result.Starved() {
			return result, ok
		}
		if i >= o.tries {
			excused := o.counts && o.tries > 1
			if excused {
				fmt.Fprintf(errOut, "%s is not judged: timers were late by up to %s\n", s.Name, scenario.Brief(result.Late))
			}
			return result, excused
		}
		fmt.Fprintf(errOut, "%s\n%s fell short at try %d of %d\n", result.Line(o.counts), s.Name, i, o.tries)
		set.Logs = filepath.Join(o.set.Logs, fmt.Sprint("try", i+1))
	}
}

func (o *options) print(out, errOut io.Writer, result scenario.Result) error {
	for _, c := range result.Recording.Complaints {
		fmt.Fprintf(errOut, "  %6.1fs %s\n", c.At.Seconds(), c.What)
	}
	if err := o.say(out, result); err != nil {
		return err
	}
	if err := record(result); err != nil {
		return err
	}
	o.results = append(o.results, result)
	return o.writeReport()
}

func (o *options) say(out io.Writer, result scenario.Result) error {
	if o.json {
		result.Recording = timeline.Recording{} // is kept with the logs
		return json.NewEncoder(out).Encode(result)
	}
	_, err := fmt.Fprintln(out, result.Line(o.counts))
	return err
}

// recordName is the file beside a scenario's logs that its report is drawn from.
const recordName = "result.json"

func record(result scenario.Result) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(result.Logs, recordName), text, 0o644)
}

func (o *options) end(errOut io.Writer, short bool) error {
	if o.keep || short {
		fmt.Fprintf(errOut, "the nodes' logs are in %s\n", o.set.Logs)
	} else if err := os.RemoveAll(o.set.Logs); err != nil {
		return err
	}
	if short && o.proof == "" {
		return errShort
	}
	return nil
}
