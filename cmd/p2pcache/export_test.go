package main

import (
	"github.com/spf13/pflag"

	"github.com/p2pcache/p2pcache/node"
)

// Run is run.
var Run = run

// OneWord is oneWord.
var OneWord = oneWord

// ParseGroup parses what --group takes.
func ParseGroup(text string) (name string, config node.GroupConfig, err error) {
	g, err := parseGroup(text)
	return g.name, g.config, err
}

// Settings are what serve makes of its arguments, its environment and its file.
type Settings struct {
	Flags  map[string]string // the text of each flag
	Origin string
	Gossip string
	Groups []string
	Join   []string
}

// Resolve returns the settings of "serve" with args.
func Resolve(args ...string) (Settings, error) {
	s := defaultSettings()
	flags := s.flags()
	if err := flags.Parse(args); err != nil {
		return Settings{}, err
	}
	if err := s.fill(flags); err != nil {
		return Settings{}, err
	}
	s, err := s.checked()
	resolved := Settings{Flags: map[string]string{}, Origin: s.origin, Gossip: s.gossip, Join: s.join}
	resolved.Groups = groupsFlag{&s.groups}.GetSlice()
	flags.VisitAll(func(f *pflag.Flag) { resolved.Flags[f.Name] = f.Value.String() })
	return resolved, err
}
