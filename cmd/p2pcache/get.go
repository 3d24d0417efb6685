package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

const getHelp = `Print the value of a key: its bytes and nothing else, but for a line's end where they go to a terminal.

With --json, a key or value that is not UTF-8 is in base64 as key_base64 or value_base64; ttl_seconds is 0 where the value
does not expire. Where there is no such key, the exit code is 4.`

func newGetCommand() *cobra.Command {
	cmd := newAskCommand("get", "GROUP KEY", "Print a key's value", get)
	cmd.Long = getHelp
	cmd.Example = "  p2pcache get scores Tom\n  p2pcache get scores Tom --server 10.0.0.1:9999 --json"
	return cmd
}

func get(ctx context.Context, a *asking) error {
	group, key := a.args[0], a.args[1]
	v, err := a.client.Get(ctx, group, key)
	if err != nil {
		return fmt.Errorf("get %s %.80q: %w", group, key, err)
	}
	if a.json {
		return a.printJSON(answerOf(group, key, v))
	}
	out := a.cmd.OutOrStdout()
	if _, err := out.Write(v.Data); err != nil {
		return err
	}
	if isTerminal(out) {
		_, err = fmt.Fprintln(out)
	}
	return err
}

// answer is the JSON of a get.
type answer struct {
	keyJSON
	Value       *string `json:"value,omitempty"`
	ValueBase64 *string `json:"value_base64,omitempty"`
	TTLSeconds  float64 `json:"ttl_seconds"`
}

func answerOf(group, key string, v node.Value) answer {
	plain, encoded := textOf(v.Data)
	return answer{keyOf(group, key), plain, encoded, pages.Seconds(v.TTL)}
}
