package local

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

const (
	commandName = "local"
	holdName    = "hold"
)

// callerCounts are measured.
var callerCounts = []int{1, 2}

// mostMissed is the share of gets that may miss: some caches refuse a few of the keys, and freecache forgets a few.
const mostMissed = 0.01

// Command returns the command local.
func Command(settings *report.Settings) *cobra.Command {
	cmd := &cobra.Command{
		Use: commandName, Short: "Gets of what the process holds itself", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, err := measureAll(settings.Rounds(), settings.Span())
			if err != nil {
				return err
			}
			r := summary(found)
			if settings.Profile != "" {
				if r.Profiles, err = profileOwn(settings); err != nil {
					return err
				}
			}
			return settings.Finish(r, cmd.OutOrStdout())
		},
	}
	cmd.AddCommand(newHoldCommand())
	return cmd
}

// newHoldCommand returns the command of the process in which one contender is measured, alone with its garbage. It is for this
// program alone.
func newHoldCommand() *cobra.Command {
	return &cobra.Command{
		Use: holdName + " NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			keys := keyNames()
			get, err := hold(cmd.Context(), args[0], keys)
			if err != nil {
				return err
			}
			sequences := draw(keys, callerCounts[len(callerCounts)-1])
			return process.Answer(cmd.InOrStdin(), cmd.OutOrStdout(), func(q question) (answer, error) {
				return q.measure(cmd.Context(), get, sequences[:q.Callers])
			})
		},
	}
}

// figures are what one contender takes under one number of callers.
type figures struct{ nanos, cpu, mallocs sample.Sample }

// measureAll measures the contenders, by name and number of callers.
func measureAll(rounds int, span time.Duration) (map[string][]figures, error) {
	names, found := names(), make(map[string][]figures)
	processes := make([]*process.Process, len(names))
	for i, name := range names {
		p, err := process.StartSelf(commandName, holdName, name)
		if err != nil {
			return nil, err
		}
		defer p.Stop()
		processes[i], found[name] = p, make([]figures, len(callerCounts))
	}
	for n, callers := range callerCounts {
		err := sample.Interleave(rounds, len(names), func(i int) error {
			var a answer
			if err := processes[i].AskJSON(question{Callers: callers, Span: span}, &a); err != nil {
				return err
			}
			if a.Missed > mostMissed {
				return fmt.Errorf("%s missed %.1f %% of the keys that it was given", names[i], 100*a.Missed)
			}
			f := &found[names[i]][n]
			f.nanos, f.cpu, f.mallocs = append(f.nanos, a.Nanos), append(f.cpu, a.CPU), append(f.mallocs, a.Mallocs)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// profileOwn tells where this project's Get spends its time, with one caller.
func profileOwn(settings *report.Settings) ([]report.Table, error) {
	p, err := process.StartSelf(commandName, holdName, ours)
	if err != nil {
		return nil, err
	}
	defer p.Stop()
	var a answer
	q := question{Callers: 1, Span: settings.ProfileSpan(), Profile: true, File: settings.ProfileFile(commandName)}
	if err := p.AskJSON(q, &a); err != nil {
		return nil, err
	}
	return a.Profile.Tables("A Group.Get of what the process holds, 1 caller"), nil
}
