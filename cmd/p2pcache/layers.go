package main

import (
	"os"
	"strings"

	"github.com/spf13/pflag"
)

const (
	envPrefix  = "P2PCACHE_"
	configFlag = "config"
)

// fillFlags gives a value to each flag that the command line did not give, from the environment or else from the
// file that --config names, if there is that flag.
func fillFlags(flags *pflag.FlagSet) error {
	if err := fillFromEnvironment(flags); err != nil {
		return err
	}
	file := flags.Lookup(configFlag)
	if file == nil || file.Value.String() == "" {
		return nil
	}
	return fillFromFile(flags, file.Value.String())
}

// fillFromEnvironment reads P2PCACHE_LOG_FORMAT for --log-format, and so on. An empty variable counts as none.
func fillFromEnvironment(flags *pflag.FlagSet) (err error) {
	flags.VisitAll(func(f *pflag.Flag) {
		variable := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		text := os.Getenv(variable)
		if f.Changed || text == "" || err != nil {
			return
		}
		if setErr := setFlag(f, text); setErr != nil {
			err = usagef("%s=%q: %w", variable, text, setErr)
		}
	})
	return err
}

// setFlag sets f as the command line would.
func setFlag(f *pflag.Flag, text string) error {
	f.Changed = true
	return f.Value.Set(text)
}
