package main

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"sync/atomic"

	"github.com/spf13/pflag"

	"github.com/p2pcache/p2pcache/node"
)

// reloadable loads by a loader that can be replaced. It is safe for concurrent use.
type reloadable struct{ now atomic.Pointer[node.Loader] }

func newReloadable(l node.Loader) *reloadable {
	r := &reloadable{}
	r.now.Store(&l)
	return r
}

func (r *reloadable) load(ctx context.Context, key string) (node.Value, error) {
	return (*r.now.Load())(ctx, key)
}

// commandLine is what the command line gave, before the environment and the file filled up the rest.
type commandLine struct {
	settings settings
	names    []string // of the flags
}

func commandLineOf(s settings, flags *pflag.FlagSet) commandLine {
	c := commandLine{settings: s}
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			c.names = append(c.names, f.Name)
		}
	})
	return c
}

// read fills up the rest anew.
func (c commandLine) read() (settings, error) {
	s := defaultSettings()
	places := s.places
	flags := s.flags()
	s = c.settings
	s.places = places
	for _, name := range c.names {
		flags.Lookup(name).Changed = true
	}
	err := s.fill(flags)
	return s, err
}

// reload reads the settings anew and carries out what can change while the node runs. If anything is wrong with them, all
// stays as it is.
func (s *server) reload() {
	fresh, err := s.commandLine.read()
	var p plan
	if err == nil {
		p, err = fresh.plan(s.log)
	}
	if err != nil {
		s.log.Error().Strs("problems", problems(err)).Msg("not reloaded: all stays as it was")
		return
	}
	done, later := s.apply(p)
	s.log.Info().Strs("reloaded", done).Strs("needs_restart", later).Msg("settings read again")
}

// apply changes what can be changed, and names that, and what p wants changed and only a restart can.
func (s *server) apply(p plan) (done, later []string) {
	if p.logLevel != s.logLevel {
		s.level.set(p.logLevel)
		s.logLevel = p.logLevel
		done = append(done, "log-level")
	}
	if s.tls.Cert != "" && s.tls == p.tls && s.node.ReloadTLS() == nil { // that it is good, the plan has seen
		done = append(done, "certificate")
	}
	changed, stuck := s.applyOrigins(p.groups)
	done, later = append(done, changed...), append(later, stuck...)
	switch changed, err := s.applySecrets(p.secrets); {
	case err != nil:
		s.log.Error().Err(err).Msg("the secrets stay as they were")
		later = append(later, "secret")
	case changed:
		done = append(done, "secret")
	}
	if p.token != s.token {
		later = append(later, "client-token")
	}
	return done, append(later, s.others(p.settings)...)
}

// applySecrets makes the node and its pages use and accept other secrets.
func (s *server) applySecrets(fresh secrets) (changed bool, err error) {
	if slices.EqualFunc(fresh.all, s.secrets.all, bytes.Equal) {
		return false, nil
	}
	if err := s.node.SetSecrets(fresh.use(), fresh.accept()...); err != nil {
		return false, err
	}
	s.secrets = fresh
	return true, s.keys.Set(fresh.all...)
}

// applyOrigins gives groups the origins that they are to have now.
func (s *server) applyOrigins(want []plannedGroup) (done, later []string) {
	old := map[string]*plannedGroup{}
	for i := range s.groups {
		old[s.groups[i].name] = &s.groups[i]
	}
	for _, g := range want {
		was, ok := old[g.name]
		delete(old, g.name)
		name := "group " + g.name
		switch {
		case !ok, !reflect.DeepEqual(g.config, was.config), (g.load == nil) != (was.load == nil):
			later = append(later, name)
		case g.load != nil && !reflect.DeepEqual(g.from, was.from):
			s.loaders[g.name].now.Store(&g.load)
			was.from, was.load = g.from, g.load
			done = append(done, "origin of "+name)
		}
	}
	for name := range old {
		later = append(later, "group "+name)
	}
	slices.Sort(later)
	return done, later
}

// appliedOtherwise are the settings that are compared by what they come to, or cannot change.
var appliedOtherwise = [...]string{"group", originKey, "log-level", "secret-file", configFlag}

// others are all other settings that the file or the environment gives now otherwise than when the node was started.
func (s *server) others(fresh settings) (names []string) {
	for name, text := range fresh.texts {
		if s.texts[name] != text && !slices.Contains(appliedOtherwise[:], name) && !slices.Contains(s.commandLine.names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
