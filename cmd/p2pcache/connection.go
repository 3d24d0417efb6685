package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
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
	tokenFile  string
	tls        node.TLSFiles
	timeout    time.Duration
	json       bool
}

// newAskCommand returns a command that asks a node with ask, once its arguments are as usage has them. All of it is done within
// --timeout.
func newAskCommand(name, usage, short string, ask func(context.Context, *asking) error) *cobra.Command {
	return newConnectedCommand(name, usage, short, func(ctx context.Context, a *asking) error {
		ctx, cancel := context.WithTimeout(ctx, a.timeout)
		defer cancel()
		return a.explain(ctx, ask(ctx, a))
	})
}

// newLongCommand returns a command that asks a node many times, each within --timeout, until it is done or interrupted.
func newLongCommand(name, usage, short string, ask func(context.Context, *asking) error) *cobra.Command {
	return newConnectedCommand(name, usage, short, func(ctx context.Context, a *asking) error {
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		return a.explain(context.Background(), ask(ctx, a))
	})
}

func newConnectedCommand(name, usage, short string, ask func(context.Context, *asking) error) *cobra.Command {
	c := connection{timeout: defaultTimeout}
	cmd := &cobra.Command{
		Use:   name + " " + usage,
		Short: short,
		Args:  arguments(usage),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := fillFromEnvironment(connectionFlags(cmd), map[string]string{}); err != nil {
				return err
			}
			return c.ask(cmd, args, ask)
		},
	}
	cmd.ValidArgsFunction = c.completeArguments(usage)
	flags := cmd.Flags()
	flags.StringVar(&c.server, "server", defaultListen, "`HOST:PORT` or URL of any node of the cluster; P2PCACHE_SERVER sets it too")
	flags.StringVar(&c.secretFile, "secret-file", "", "`FILE` with the cluster's secret; P2PCACHE_SECRET_FILE sets it too")
	flags.StringVar(&c.tokenFile, "token-file", "", "`FILE` with the token of outside clients, for those who have no secret; P2PCACHE_TOKEN_FILE sets it too")
	addTLSFlags(flags, &c.tls)
	flags.Var(parsedVar(&c.timeout, defaultTimeout.String(), "DURATION", parseLimit), "timeout", "longest time to wait; P2PCACHE_TIMEOUT sets it too")
	addSwitch(flags, &c.json, "json", "print JSON")
	return cmd
}

// connectionFlags returns those flags that the environment may set.
func connectionFlags(cmd *cobra.Command) *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"server", "secret-file", "token-file", "tls-cert", "tls-key", "tls-ca", "timeout"} {
		set.AddFlag(cmd.Flags().Lookup(name))
	}
	return set
}

// asking is one run of a command that asks a node.
type asking struct {
	connection
	cmd     *cobra.Command
	args    []string
	secrets secrets
	token   string
	client  *node.Client
	pages   *access.Client
}

func (c connection) ask(cmd *cobra.Command, args []string, ask func(context.Context, *asking) error) error {
	secrets, err := readSecrets(c.secretFile)
	if err != nil {
		return err
	}
	config, err := c.useTLS()
	if err != nil {
		return err
	}
	token, err := readToken("--token-file", c.tokenFile)
	if err != nil {
		return err
	}
	a := &asking{connection: c, cmd: cmd, args: args, secrets: secrets, token: token}
	if a.client, err = a.connect(c.server); err != nil {
		return err
	}
	defer a.client.Close()
	keys, err := access.NewKeys(secrets.all...)
	if err != nil {
		return err
	}
	a.pages = access.NewClient(keys, config)
	defer a.pages.Close()
	return ask(cmd.Context(), a)
}

// connect returns a client of the node at server.
func (a *asking) connect(server string) (*node.Client, error) {
	client, err := node.NewClient(node.ClientConfig{
		Server: server, Secret: a.secrets.use(), AcceptSecrets: a.secrets.accept(), Token: a.token, TLSFiles: a.tls,
	})
	if err != nil {
		return nil, usagef("--server %q: %w", server, err)
	}
	return client, nil
}

// useTLS makes the server's URL https where there are files for it, and returns how to speak TLS on a new connection.
func (c *connection) useTLS() (func() *tls.Config, error) {
	files := c.tls
	first, err := files.Config()
	if err != nil {
		return nil, usagef("TLS: %w", err)
	}
	if first != nil && !strings.Contains(c.server, "://") {
		c.server = "https://" + c.server
	}
	return func() *tls.Config {
		if now, err := files.Config(); err == nil { // else they are being written
			return now
		}
		return first
	}, nil
}

// scheme is how other members of the cluster are asked: as the one that was named.
func (c connection) scheme() string {
	if strings.HasPrefix(c.server, "https://") {
		return "https://"
	}
	return "http://"
}

// explain says what to do about a node that cannot be reached or does not answer.
func (c connection) explain(ctx context.Context, err error) error {
	broken, ofNet := errors.AsType[*net.OpError](err)
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer from %s within %v: --timeout sets how long to wait", c.server, c.timeout)
	case ofNet && broken.Op == "dial":
		return fmt.Errorf("cannot reach %s (%w): is a node running there? --server names another", c.server, broken.Err)
	case ofNet, errors.Is(err, io.EOF):
		return fmt.Errorf("%w: is %s what a node serves on (--listen), and not what it gossips on?", err, c.server)
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
