package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
)

const configExample = `  name: node1
  listen: 10.0.0.1:9999
  gossip: 10.0.0.1:7946
  join: [10.0.0.2:7946, 10.0.0.3:7946]
  secret-file: /etc/p2pcache/secret
  groups:
    pages:
      size: 1GiB
      ttl: 5m
      stale-for: 1h
      origin:
        url: https://backend.example/{group}/{key}
        headers: {Authorization: 'Bearer ${BACKEND_TOKEN}'}
        timeout: 2s
        retries: 2
        retry-budget: 10%
        revalidate: 64MiB
    thumbnails: {size: 512MiB, origin: 'file:/srv/thumbnails'}
    sessions: {size: 256MiB, replicas: 2, origin: none}`

const configHelp = `Work with the YAML file that "p2pcache serve --config" reads. Its keys are the names of serve's flags; groups and their origins
can be written out:

` + configExample

func newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		Short:   "Check a configuration file",
		Long:    configHelp,
		Example: "  p2pcache config check /etc/p2pcache.yaml",
		Args:    cobra.ArbitraryArgs,
		RunE:    withoutCommand,
	}
	cmd.AddCommand(newConfigCheckCommand())
	return cmd
}

func newConfigCheckCommand() *cobra.Command {
	s := defaultSettings()
	flags := s.flags()
	asJSON := false
	cmd := &cobra.Command{
		Use:     "check FILE",
		Short:   "Say all that is wrong with a configuration file",
		Long:    "Say all that is wrong with a configuration file, with the flags and variables that serve would be given. Nothing is started.",
		Example: "  p2pcache config check /etc/p2pcache.yaml\n  P2PCACHE_SECRET_FILE=/run/secret p2pcache config check node.yaml --json",
		Args:    arguments("FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s.configFile = args[0]
			err := s.fill(flags)
			p, planErr := s.plan(zerolog.Nop())
			if err == nil { // what is missing because it could not be read is no further problem
				err = planErr
			}
			if asJSON {
				return printCheck(cmd.OutOrStdout(), p, err)
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is good: %s\n", args[0], p.describe())
			}
			return err
		},
	}
	cmd.Flags().AddFlagSet(flags)
	cmd.Flags().Lookup(configFlag).Hidden = true // it is the argument
	addSwitch(cmd.Flags(), &asJSON, "json", "print JSON")
	return cmd
}

// describe sums the plan up.
func (p plan) describe() string {
	groups := make([]string, len(p.groups))
	for i, g := range p.groups {
		groups[i] = fmt.Sprintf("group %s from %s", g.name, g.from.Spec)
	}
	return strings.Join(groups, ", ")
}

// checked is the JSON of a config check.
type checkedFile struct {
	Good     bool     `json:"good"`
	Groups   []string `json:"groups,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

func printCheck(out io.Writer, p plan, err error) error {
	doc := checkedFile{Good: err == nil, Problems: problems(err)}
	if err == nil {
		for _, g := range p.groups {
			doc.Groups = append(doc.Groups, g.name)
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if printErr := encoder.Encode(doc); printErr != nil {
		return printErr
	}
	return err
}

// problems are the texts of all errors that were joined.
func problems(err error) (texts []string) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			texts = append(texts, problems(one)...)
		}
		return texts
	}
	if err != nil {
		texts = []string{err.Error()}
	}
	return texts
}
