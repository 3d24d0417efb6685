package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

const rootHelp = `p2pcache is a read-through cache that its processes share: each key has one owner among them, which loads it once.

Exit codes: 0 done, 1 failed, 2 called wrongly, 4 no such key or group.`

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "p2pcache",
		Short:         "A peer-to-peer read-through cache",
		Long:          rootHelp,
		Example:       "  p2pcache serve --listen 127.0.0.1:9999\n  p2pcache get scores Tom",
		Version:       thisBuild().String(), // for --version, which says the same as the command
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // so that RunE judges them
		RunE:          withoutCommand,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.SetHelpCommand(newHelpCommand())
	root.AddCommand(
		newServeCommand(),
		newGetCommand(), newPutCommand(), newRemoveCommand(), newPurgeCommand(),
		newMembersCommand(), newOwnerCommand(), newStatsCommand(), newTopCommand(),
		newBenchCommand(), newWarmCommand(),
		newConfigCommand(),
		newVersionCommand(),
	)
	return root
}

// newHelpCommand returns "help", which is cobra's but for what it says of a command that there is not.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		Args:  cobra.ArbitraryArgs,
		ValidArgsFunction: func(cmd *cobra.Command, _ []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			for _, c := range cmd.Root().Commands() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return withoutCommand(cmd.Root(), args)
			}
			about.InitDefaultHelpFlag()
			return about.Help()
		},
	}
}

// withoutCommand runs when no command was given, or none that there is.
func withoutCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(cmd.ErrOrStderr(), cmd.UsageString(), "\n")
		return usagef("no command given")
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return usagef("unknown command %q: did you mean %s?", args[0], strings.Join(near, " or "))
	}
	return usagef("unknown command %q", args[0])
}

// arguments requires the arguments that usage names, one word each; a last word that ends in "..." stands for one or
// more.
func arguments(usage string) cobra.PositionalArgs {
	words := strings.Fields(usage)
	more := strings.HasSuffix(usage, "...")
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < len(words) || len(args) > len(words) && !more:
			return usagef("%s: got %d arguments, want %s", cmd.Name(), len(args), orNone(usage))
		case strings.HasPrefix(usage, "GROUP"):
			return wantGroup(args[0])
		}
		return nil
	}
}

// wantGroup refuses a group without a name, as of a variable that is not set. Any key is one, the empty one too.
func wantGroup(name string) error {
	if name == "" {
		return usagef("GROUP is empty: want a group's name")
	}
	return nil
}

func orNone(usage string) string {
	if usage == "" {
		return "none"
	}
	return usage
}
