//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/report"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/scenario"
)

func newReportCommand() *cobra.Command {
	counts := false
	cmd := &cobra.Command{
		Use: "report " + recordName + "...", Short: "Draw results that were kept, as HTML on standard output", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			var results []scenario.Result
			for _, file := range files {
				result, err := readResult(file)
				if err != nil {
					return err
				}
				results = append(results, result)
			}
			return report.Write(cmd.OutOrStdout(), results, counts)
		},
	}
	cmd.Flags().BoolVar(&counts, "counts", false, "judge counts alone")
	return cmd
}

func readResult(file string) (result scenario.Result, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(text, &result); err != nil {
		return result, fmt.Errorf("%s: %w", file, err)
	}
	return result, nil
}

// writeReport writes the page of what has been carried out so far, if there is to be one.
func (o *options) writeReport() error {
	if o.report == "" {
		return nil
	}
	file, err := os.Create(o.report)
	if err != nil {
		return err
	}
	defer file.Close()
	return report.Write(file, o.results, o.counts)
}
