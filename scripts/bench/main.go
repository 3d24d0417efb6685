// Command bench measures this project beside what a user would pick instead.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/deploys"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/herd"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/hitratio"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/local"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/remote"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/ringcost"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/scaleplot"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/scaling"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/store"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

func main() {
	if err := newRootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use: "bench", Short: "Measure p2pcache beside its peers", SilenceUsage: true, SilenceErrors: true,
	}
	settings := &report.Settings{}
	settings.AddTo(root.PersistentFlags())
	root.AddCommand(
		deploys.Command(settings), herd.Command(settings), hitratio.Command(settings), local.Command(settings), remote.Command(settings),
		remote.GetManyCommand(settings), ringcost.Command(settings), scaling.Command(settings), store.Command(settings), store.SoakCommand(settings),
		newFillCommand(), scaleplot.Command(), worker.Command(),
	)
	return root
}

func newFillCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "fill DOCUMENT DIR",
		Short: "Write the tables of the JSON files in DIR into DOCUMENT, between its markers",
		Args:  cobra.ExactArgs(2),
		RunE:  func(_ *cobra.Command, args []string) error { return report.Fill(args[0], args[1]) },
	}
}
