package main

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
)

func newOwnerCommand() *cobra.Command {
	count := 1
	cmd := newAskCommand("owner", "GROUP KEY", "Tell which member owns a key", func(ctx context.Context, a *asking) error {
		return a.listOwners(ctx, count)
	})
	cmd.Long = "Tell which member owns a key, and with -n also which are next in line, should those before them go."
	cmd.Example = "  p2pcache owner scores Tom\n  p2pcache owner scores Tom -n 3 --json"
	cmd.Flags().VarP(parsedVar(&count, "1", "N", parseCount(math.MaxInt32)), "count", "n", "how many members to list, first the owner")
	return cmd
}

func (a *asking) listOwners(ctx context.Context, count int) error {
	group, key := a.args[0], a.args[1]
	ring, err := a.ring(ctx, url.Values{"group": {group}, "key": {key}, "n": {strconv.Itoa(count)}})
	if err != nil {
		return fmt.Errorf("owner %s %.80q: %w", group, key, err)
	}
	if a.json {
		return a.printJSON(owned{keyOf(group, key), ring.Owners})
	}
	rows := make([]string, len(ring.Owners))
	for i, m := range ring.Owners {
		rows[i] = fmt.Sprintf("%d\t%s\t%s\t%s", i+1, m.Name, m.HTTPAddr, orDash(m.Zone))
	}
	return a.printTable("RANK\tNAME\tHTTP\tZONE", rows)
}

// owned is the JSON of an owner.
type owned struct {
	keyJSON
	Owners []pages.Member `json:"owners"`
}
