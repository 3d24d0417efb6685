package main

import (
	"encoding/json"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
)

func newVersionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print what this binary was built from",
		Example: "  p2pcache version\n  p2pcache version --json",
		Args:    arguments(""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := thisBuild()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(b)
			}
			_, err := fmt.Fprintln(cmd.OutOrStdout(), b)
			return err
		},
	}
	addSwitch(cmd.Flags(), &asJSON, "json", "print JSON")
	return cmd
}

// build is the JSON of a version.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func (b build) String() string { return fmt.Sprintf("p2pcache %s %s %s", b.Version, b.Go, b.Platform) }

func thisBuild() build {
	version, revision := pages.Build()
	return build{version, revision, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
}
