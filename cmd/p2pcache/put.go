package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

const putHelp = `Store a value for a key: the VALUE given, or what standard input holds for "-", or a file's content for --file.

A VALUE that begins with a minus follows "--". Without --ttl the value lives as long as the group's values do.`

func newPutCommand() *cobra.Command {
	var file string
	var ttl time.Duration
	cmd := newAskCommand("put", "GROUP KEY [VALUE | -]", "Store a value", func(ctx context.Context, a *asking) error {
		data, err := a.value(file)
		if err != nil {
			return err
		}
		return a.put(ctx, node.Value{Data: data, TTL: ttl})
	})
	cmd.Args = putArguments(&file)
	cmd.Long = putHelp
	cmd.Example = "  p2pcache put sessions alice '{\"admin\":true}' --ttl 10m\n" +
		"  curl -s http://example.com | p2pcache put pages home -\n" +
		"  p2pcache put pages logo --file logo.png"
	cmd.Flags().StringVar(&file, "file", "", "`FILE` that holds the value")
	cmd.Flags().Var(parsedVar(&ttl, "", "DURATION", parseLimit), "ttl", "the value's life (default: the group's)")
	return cmd
}

// putArguments requires the value once: as an argument or by --file.
func putArguments(file *string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		byFile := cmd.Flags().Changed("file")
		switch {
		case byFile && len(args) == 3:
			return usagef("put: both VALUE and --file %s: give one", *file)
		case byFile && len(args) != 2, !byFile && (len(args) < 2 || len(args) > 3):
			return usagef("put: got %d arguments, want GROUP KEY and a VALUE", len(args))
		case !byFile && len(args) == 2:
			return usagef("put: no value: give VALUE, - for standard input, or --file FILE")
		}
		return wantGroup(args[0])
	}
}

// value returns what is to be stored.
func (a *asking) value(file string) ([]byte, error) {
	if len(a.args) == 2 {
		return a.readInput(file)
	}
	if a.args[2] == "-" {
		return a.readInput("-")
	}
	return []byte(a.args[2]), nil
}

func (a *asking) put(ctx context.Context, v node.Value) error {
	group, key := a.args[0], a.args[1]
	if err := a.client.Set(ctx, group, key, v); err != nil {
		return fmt.Errorf("put %s %.80q: %w", group, key, err)
	}
	if !a.json {
		return nil
	}
	return a.printJSON(stored{keyOf(group, key), len(v.Data), pages.Seconds(v.TTL)})
}

// stored is the JSON of a put.
type stored struct {
	keyJSON
	Bytes      int     `json:"bytes"`
	TTLSeconds float64 `json:"ttl_seconds"` // 0: the group's
}

func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read standard input: %w", err)
	}
	return data, nil
}
