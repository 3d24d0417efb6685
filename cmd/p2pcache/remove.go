package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/node"
)

func newRemoveCommand() *cobra.Command {
	cmd := newAskCommand("rm", "GROUP KEY...", "Remove keys from all nodes", remove)
	cmd.Long = "Remove keys, so that no node of the cluster serves their values any more. A key that is not there counts as removed."
	cmd.Example = "  p2pcache rm scores Tom Jack"
	return cmd
}

// remove tries all keys, whatever becomes of the others.
func remove(ctx context.Context, a *asking) error {
	group := a.args[0]
	done := removed{Group: group}
	var errs []error
	for _, key := range a.args[1:] {
		err := a.client.Remove(ctx, group, key)
		if err != nil && !errors.Is(err, node.ErrNotFound) {
			errs = append(errs, fmt.Errorf("rm %s %.80q: %w", group, key, err))
			continue
		}
		done.Removed++
	}
	if a.json {
		errs = append(errs, a.printJSON(done))
	}
	return errors.Join(errs...)
}

// removed is the JSON of an rm.
type removed struct {
	Group   string `json:"group"`
	Removed int    `json:"removed"` // keys that are gone from all nodes
}

func newPurgeCommand() *cobra.Command {
	cmd := newAskCommand("purge", "GROUP", "Remove all keys of a group from all nodes", purge)
	cmd.Long = "Remove all keys of a group, so that no node of the cluster serves what it held any more."
	cmd.Example = "  p2pcache purge scores"
	return cmd
}

func purge(ctx context.Context, a *asking) error {
	group := a.args[0]
	if err := a.client.Purge(ctx, group); err != nil {
		return fmt.Errorf("purge %s: %w", group, err)
	}
	if a.json {
		return a.printJSON(map[string]string{"purged": group})
	}
	return nil
}
