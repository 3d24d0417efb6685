package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/pflag"
)

const (
	envPrefix  = "P2PCACHE_"
	configFlag = "config"
)

// fill gives a value to each setting that the command line did not give, from the environment or else from the file that
// --config names. It notes where each came from, and finds all that is wrong and not only the first.
func (s *settings) fill(flags *pflag.FlagSet) error {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			s.places[f.Name] = "--" + f.Name
		}
	})
	err := fillFromEnvironment(flags, s.places)
	if s.configFile != "" {
		err = errors.Join(err, s.fillFromFile(flags, s.configFile))
	}
	s.texts = map[string]string{}
	flags.VisitAll(func(f *pflag.Flag) { s.texts[f.Name] = f.Value.String() })
	return err
}

// fillFromEnvironment reads P2PCACHE_LOG_FORMAT for --log-format, and so on. An empty variable counts as none.
func fillFromEnvironment(flags *pflag.FlagSet, places map[string]string) error {
	var errs []error
	flags.VisitAll(func(f *pflag.Flag) {
		variable := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		text := os.Getenv(variable)
		if f.Changed || text == "" {
			return
		}
		if err := setFlag(f, text); err != nil {
			errs = append(errs, usagef("%s=%q: %w", variable, text, err))
			return
		}
		places[f.Name] = variable
	})
	return errors.Join(errs...)
}

// setFlag sets f as the command line would.
func setFlag(f *pflag.Flag, text string) error {
	f.Changed = true
	return f.Value.Set(text)
}

// place is where a setting came from, for messages: --listen, P2PCACHE_LISTEN or conf.yaml:3: listen.
func (s settings) place(name string) string {
	if place, ok := s.places[name]; ok {
		return place
	}
	return "--" + name
}
