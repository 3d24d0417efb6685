package main

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
)

// completeWithin bounds what a shell waits for a node's groups.
const completeWithin = 500 * time.Millisecond

// completeArguments completes the name of a group, as the node that is asked knows them, and names of files where usage has a
// FILE.
func (c *connection) completeArguments(usage string) cobra.CompletionFunc {
	words := strings.Fields(usage)
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		switch {
		case len(args) < len(words) && words[len(args)] == "FILE":
			return nil, cobra.ShellCompDirectiveDefault
		case len(args) == 0 && len(words) > 0 && words[0] == "GROUP":
			return c.groups(cmd), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// groups are the names of the node's groups; none where it does not tell.
func (c *connection) groups(cmd *cobra.Command) (names []string) {
	if fillFromEnvironment(connectionFlags(cmd), map[string]string{}) != nil {
		return nil
	}
	var stats pages.Stats
	err := c.ask(cmd, nil, func(ctx context.Context, a *asking) error {
		ctx, cancel := context.WithTimeout(ctx, completeWithin)
		defer cancel()
		return a.page(ctx, pages.StatsPath, nil, &stats)
	})
	if err != nil {
		return nil
	}
	for _, g := range stats.Groups {
		names = append(names, g.Name)
	}
	return names
}
