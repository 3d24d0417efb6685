// Package hitratio replays traces of keys on caches and compares how often these hold what is asked for.
package hitratio

import (
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

// defaultSizes are the sizes of the caches, as shares of a trace's distinct keys.
var defaultSizes = []string{"0.5%", "2%", "10%", "30%"}

const quickAccesses = syntheticAccesses / 10

const help = `Replay traces of keys on this project's store and on other caches, and print what share of the accesses each could answer.

A trace is a file of one decimal key per line, in order of access; it may be gzipped. Where none is given, three are made up.
Sizes are shares of a trace's distinct keys, or numbers of entries.`

const example = `  bench hitratio --trace oltp.gz --trace p3.gz
  bench hitratio --trace loop.gz --sizes 1%,50%,1000`

// Command returns the command hitratio.
func Command(settings *report.Settings) *cobra.Command {
	var files, texts, names []string
	cmd := &cobra.Command{
		Use: "hitratio", Short: "Hit ratios on traces", Long: help, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			sizes, err := parseSizes(texts)
			if err != nil {
				return err
			}
			traces, err := readTraces(files, settings.Quick)
			if err != nil {
				return err
			}
			policies, err := policiesNamed(names)
			if err != nil {
				return err
			}
			all, err := compare(policies, traces, sizes)
			if err != nil {
				return err
			}
			return settings.Finish(summary(policies, all, len(files) == 0), cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringArrayVar(&files, "trace", nil, "file of one decimal key per line; may be given again")
	cmd.Flags().StringSliceVar(&texts, "sizes", defaultSizes, "sizes of the caches, as 2% or 1000")
	cmd.Flags().StringSliceVar(&names, "policies", nil, "which others to run, as LRU,otter (default all)")
	return cmd
}

func readTraces(files []string, quick bool) ([]trace, error) {
	if len(files) == 0 && quick {
		return synthetic(quickAccesses), nil
	} else if len(files) == 0 {
		return synthetic(syntheticAccesses), nil
	}
	var traces []trace
	for _, file := range files {
		t, err := readTrace(file)
		if err != nil {
			return nil, err
		}
		traces = append(traces, t)
	}
	return traces, nil
}
