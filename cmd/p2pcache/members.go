package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
)

func newMembersCommand() *cobra.Command {
	cmd := newAskCommand("members", "", "List the members, as one node sees them", listMembers)
	cmd.Use = "members"
	cmd.Long = "List the members, as one node sees them. With --json, ring_hash is equal on nodes whose rings are equal."
	cmd.Example = "  p2pcache members\n  p2pcache members --server 10.0.0.1:9999 --json"
	return cmd
}

func listMembers(ctx context.Context, a *asking) error {
	ring, err := a.ring(ctx, nil)
	if err != nil {
		return fmt.Errorf("members: %w", err)
	}
	if a.json {
		return a.printJSON(ring)
	}
	rows := make([]string, len(ring.Members))
	for i, m := range ring.Members {
		rows[i] = fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s",
			m.Name, m.HTTPAddr, orDash(m.GossipAddr), orDash(m.Zone), m.Weight, state(m, ring.Self))
	}
	return a.printTable("NAME\tHTTP\tGOSSIP\tZONE\tWEIGHT\tSTATE", rows)
}

// state says what a member does; the one that was asked is marked.
func state(m pages.Member, self string) string {
	s := "serving"
	if m.Draining {
		s = "draining"
	}
	if m.Name == self {
		s += " (asked)"
	}
	return s
}
