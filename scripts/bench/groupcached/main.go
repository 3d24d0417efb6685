// Command groupcached is what one gets by putting golang/groupcache behind memberlist: processes that find each other by gossip,
// whose pool of peers is set anew whenever a member comes or goes. The driver of faults breaks it as it breaks this project's nodes.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	if err := newRootCommand().Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "groupcached:", err)
		os.Exit(1)
	}
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{Use: "groupcached", Short: "golang/groupcache behind memberlist", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(newServeCommand())
	return root
}

// newServeCommand takes the flags of "p2pcache serve" that the driver sets.
func newServeCommand() *cobra.Command {
	var s settings
	cmd := &cobra.Command{
		Use: "serve", Short: "Run a node", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return serve(ctx, s, cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&s.name, "name", "", "name of the member")
	flags.StringVar(&s.listen, "listen", "127.0.0.1:9999", "host:port for clients and peers")
	flags.StringVar(&s.gossip, "gossip", "127.0.0.1:7946", "IP:port to gossip at")
	flags.StringVar(&s.advertise, "advertise", "", "IP that others gossip to; if empty, that of --gossip")
	flags.StringSliceVar(&s.join, "join", nil, "gossip addresses of other members")
	flags.StringVar(&s.group, "group", "scores=64MiB", "NAME=SIZE of the group; options after a comma are ignored")
	flags.StringVar(&s.origin, "origin", "", "URL to load from, with {group} and {key}")
	flags.StringVar(&s.cluster, "cluster", "", "label of the cluster's gossip")
	cmd.FParseErrWhitelist.UnknownFlags = true // p2pcache's others mean nothing here
	return cmd
}
