package main

import (
	"errors"
	"net"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/traces"
	"github.com/p2pcache/p2pcache/node"
)

// plan is what serve does, once all settings are known to be good.
type plan struct {
	settings
	secrets secrets
	token   string // of outside clients; empty: none
	groups  []plannedGroup
}

// plannedGroup is a group and what loads its keys.
type plannedGroup struct {
	groupSetting
	load node.Loader // nil: nothing to load from
	from origin.Config
}

// plan checks the settings as a whole, and says all that is wrong with them. Nothing is opened but the files that they name.
func (s settings) plan(log zerolog.Logger) (plan, error) {
	s, err := s.checked()
	errs := []error{err}
	secrets, err := readSecrets(s.secretFile)
	errs = append(errs, err)
	if err == nil {
		errs = append(errs, checkAddresses(s, secrets.use() != nil))
	}
	token, err := readToken(s.place("client-token-file"), s.clientTokenFile)
	errs = append(errs, err)
	errs = append(errs, s.checkTLS())
	groups, err := s.planGroups(log)
	errs = append(errs, err)
	return plan{s, secrets, token, groups}, errors.Join(errs...)
}

// checkTLS reads the certificates, to say what is wrong with them; the node reads them again.
func (s settings) checkTLS() error {
	if s.tls.CA != "" && s.tls.Cert == "" {
		return usagef("%s: no certificate to serve with: add --tls-cert FILE and --tls-key FILE", s.place("tls-ca"))
	}
	if _, err := s.tls.Config(); err != nil {
		return usagef("%s: %w", s.place("tls-cert"), err)
	}
	return nil
}

// checked returns the settings with what they leave to be chosen, or says which of them contradict each other.
func (s settings) checked() (settings, error) {
	var errs []error
	switch {
	case len(s.peers) > 0 && len(s.join) > 0:
		errs = append(errs, usagef("%s and %s: give one, the members by hand or a seed to find them by", s.place("peers"), s.place("join")))
	case len(s.peers) > 0 && s.weight != node.DefaultWeight:
		errs = append(errs, usagef("%s with %s: take it out, all members that are set by hand weigh the same", s.place("peers"), s.place("weight")))
	case s.gossip == noGossip && len(s.join) > 0:
		errs = append(errs, usagef("%s needs gossip: take %s %s out, or name all members with --peers", s.place("join"), s.place("gossip"), noGossip))
	}
	if len(s.peers) > 0 {
		s.gossip = noGossip
	}
	for _, seed := range s.join {
		if err := node.CheckSeed(seed); err != nil {
			errs = append(errs, usagef("%s %q: %w", s.place("join"), seed, err))
		}
	}
	s, err := s.withOrigin()
	return s, errors.Join(append(errs, err)...)
}

// withOrigin chooses the origin and the groups that were not named.
func (s settings) withOrigin() (settings, error) {
	if s.origin == "" && len(s.groups) > 0 {
		s.origin = "none"
	}
	if s.origin == "" {
		s.origin = "demo"
	}
	if len(s.groups) > 0 {
		return s, nil
	}
	if s.origin != "demo" {
		return s, usagef("%s %s: no group to fill: add --group NAME=SIZE, such as --group pages=64MiB", s.place("origin"), s.origin)
	}
	s.groups = []groupSetting{{name: origin.DemoGroup}}
	return s, nil
}

// planGroups makes the origins and checks that a node takes the groups.
func (s settings) planGroups(log zerolog.Logger) ([]plannedGroup, error) {
	trial, err := node.New(node.Config{}) // which opens no port
	if err != nil {
		return nil, err
	}
	defer trial.Close()
	var errs []error
	origins := originsOf(s, log)
	groups := make([]plannedGroup, len(s.groups))
	for i, g := range s.groups {
		groups[i].groupSetting = g
		groups[i].from = s.originOf(g)
		if groups[i].load, err = origins.loader(g); err != nil {
			errs = append(errs, err)
		}
		if _, err := trial.NewGroup(g.name, g.config); err != nil {
			errs = append(errs, usagef("%s: %w", g.where(), err))
		}
	}
	return groups, errors.Join(errs...)
}

// where is where the group was given, for messages.
func (g groupSetting) where() string {
	if g.place != "" {
		return g.place
	}
	return "--group " + g.name
}

// provisionalName stands in log lines until the node has chosen its own.
func (s settings) provisionalName() string {
	if s.name != "" {
		return s.name
	}
	return s.listen
}

func (p plan) nodeConfig(l net.Listener, shows *pages.Pages, log zerolog.Logger) node.Config {
	c := node.Config{
		Name:             p.name,
		Listener:         l,
		Gossip:           p.gossip,
		Advertise:        p.advertise,
		Zone:             p.zone,
		Weight:           p.weight,
		Cluster:          p.cluster,
		Secret:           p.secrets.use(),
		AcceptSecrets:    p.secrets.accept(),
		ClientListen:     p.clientListen,
		ClientToken:      p.token,
		TLSFiles:         p.tls,
		GossipProfile:    p.gossipProfile,
		MaxMembers:       p.maxMembers,
		AllowForeignHTTP: p.allowForeignHTTP,
		Insecure:         p.insecure,
		GroupcacheCompat: p.groupcacheCompat,
		Fallback:         shows,
		Logger:           log,
		DrainTimeout:     p.drainTimeout,
	}
	if p.gossip == noGossip {
		c.Gossip = ""
	}
	if traces.Wanted() {
		c.RequestContext, c.TraceParent = traces.Continue, traces.Parent
	}
	return c
}
