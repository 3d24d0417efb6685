package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
	"github.com/p2pcache/p2pcache/node"
)

// defaultTimeout bounds a command that asks a node.
const defaultTimeout = 5 * time.Second

// connection is what all commands that ask a node share: which one, and how to print what it says.
type connection struct {
	server     string
	secretFile string
	timeout    time.Duration
	json       bool
}

// newAskCommand returns a command that asks a node with ask, once its arguments are as usage has them.
func newAskCommand(name, usage, short string, ask func(context.Context, *asking) error) *cobra.Command {
	c := connection{timeout: defaultTimeout}
	cmd := &cobra.Command{
		Use:   name + " " + usage,
		Short: short,
		Args:  arguments(usage),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fillFromEnvironment(connectionFlags(cmd)); err != nil {
				return err
			}
			return c.ask(cmd, args, ask)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&c.server, "server", defaultListen, "`HOST:PORT` or URL of any node of the cluster; P2PCACHE_SERVER sets it too")
	flags.StringVar(&c.secretFile, "secret-file", "", "`FILE` with the cluster's secret; P2PCACHE_SECRET_FILE sets it too")
	flags.Var(parsedVar(&c.timeout, defaultTimeout.String(), "DURATION", parseLimit), "timeout", "longest time to wait; P2PCACHE_TIMEOUT sets it too")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	return cmd
}

// connectionFlags returns those flags that the environment may set.
func connectionFlags(cmd *cobra.Command) *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"server", "secret-file", "timeout"} {
		set.AddFlag(cmd.Flags().Lookup(name))
	}
	return set
}

// asking is one run of a command that asks a node.
type asking struct {
	connection
	cmd    *cobra.Command
	args   []string
	client *node.Client
	pages  *access.Client
}

func (c connection) ask(cmd *cobra.Command, args []string, ask func(context.Context, *asking) error) error {
	secret, err := readSecret(c.secretFile)
	if err != nil {
		return err
	}
	client, err := node.NewClient(node.ClientConfig{Server: c.server, Secret: secret.bytes})
	if err != nil {
		return usagef("--server %q: %w", c.server, err)
	}
	defer client.Close()
	key, err := access.NewKey(secret.bytes)
	if err != nil {
		return err
	}
	pages := access.NewClient(key, nil)
	defer pages.Close()
	ctx, cancel := context.WithTimeout(cmd.Context(), c.timeout)
	defer cancel()
	err = ask(ctx, &asking{connection: c, cmd: cmd, args: args, client: client, pages: pages})
	return c.explain(ctx, err)
}

// explain says what to do about a node that cannot be reached or does not answer.
func (c connection) explain(ctx context.Context, err error) error {
	refused, dialing := errors.AsType[*net.OpError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer from %s within %v: --timeout sets how long to wait", c.server, c.timeout)
	case dialing && refused.Op == "dial":
		return fmt.Errorf("cannot reach %s (%w): is a node running there? --server names another", c.server, refused.Err)
	}
	return err
}

// printJSON prints v on a line of its own.
func (a *asking) printJSON(v any) error {
	encoder := json.NewEncoder(a.cmd.OutOrStdout())
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// readInput returns the whole of a file, or of standard input for "-".
func (a *asking) readInput(path string) ([]byte, error) {
	if path == "-" {
		return readAll(a.cmd.InOrStdin())
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usagef("--file: %w", err)
	}
	return data, nil
}
