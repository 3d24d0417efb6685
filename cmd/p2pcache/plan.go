package main

import (
	"net"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// checked returns the settings with what they leave to be chosen, or says which of them contradict each other.
func (s settings) checked() (settings, error) {
	switch {
	case len(s.peers) > 0 && len(s.join) > 0:
		return s, usagef("--peers and --join: give one, the members by hand or a seed to find them by")
	case len(s.peers) > 0 && s.weight != node.DefaultWeight:
		return s, usagef("--peers with --weight: take it out, all members that are set by hand weigh the same")
	case len(s.peers) > 0:
		s.gossip = noGossip
	case s.gossip == noGossip && len(s.join) > 0:
		return s, usagef("--join needs gossip: take --gossip %s out, or name all members with --peers", noGossip)
	}
	for _, seed := range s.join {
		if err := node.CheckSeed(seed); err != nil {
			return s, usagef("--join %q: %w", seed, err)
		}
	}
	return s.withOrigin()
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
		return s, usagef("--origin %s: no group to fill: add --group NAME=SIZE, such as --group pages=64MiB", s.origin)
	}
	s.groups = []groupSetting{{name: origin.DemoGroup}}
	return s, nil
}

// provisionalName stands in log lines until the node has chosen its own.
func (s settings) provisionalName() string {
	if s.name != "" {
		return s.name
	}
	return s.listen
}

func (s settings) nodeConfig(l net.Listener, secret []byte, p *pages.Pages, log zerolog.Logger) node.Config {
	c := node.Config{
		Name:             s.name,
		Listener:         l,
		Gossip:           s.gossip,
		Advertise:        s.advertise,
		Zone:             s.zone,
		Weight:           s.weight,
		Cluster:          s.cluster,
		Secret:           secret,
		GossipProfile:    s.gossipProfile,
		MaxMembers:       s.maxMembers,
		AllowForeignHTTP: s.allowForeignHTTP,
		Insecure:         s.insecure,
		GroupcacheCompat: s.groupcacheCompat,
		Fallback:         p,
		Logger:           log,
		DrainTimeout:     s.drainTimeout,
	}
	if s.gossip == noGossip {
		c.Gossip = ""
	}
	return c
}
