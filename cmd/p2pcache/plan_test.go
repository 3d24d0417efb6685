package main_test

import (
	"slices"
	"strings"
	"testing"

	p2pcache "github.com/p2pcache/p2pcache/cmd/p2pcache"
)

func TestTheOriginAndTheGroupsCompleteEachOther(t *testing.T) {
	for _, c := range []struct {
		args   []string
		origin string
		groups []string
	}{
		{nil, "demo", []string{"scores"}},
		{[]string{"--origin", "demo"}, "demo", []string{"scores"}},
		{[]string{"--origin", "demo", "--group", "a=1"}, "demo", []string{"a"}},
		{[]string{"--group", "a=1", "--group", "b=1"}, "none", []string{"a", "b"}},
		{[]string{"--origin", "file:.", "--group", "a=1"}, "file:.", []string{"a"}},
	} {
		s := resolve(t, c.args...)
		if s.Origin != c.origin || !slices.Equal(s.Groups, c.groups) {
			t.Errorf("%q: origin %s, groups %q; want %s, %q", c.args, s.Origin, s.Groups, c.origin, c.groups)
		}
	}
}

func TestPeersByHandTurnGossipOff(t *testing.T) {
	if s := resolve(t, "--peers", "http://127.0.0.1:1,http://127.0.0.1:2"); s.Gossip != "off" {
		t.Errorf("gossips on %s, want off", s.Gossip)
	}
}

func TestSettingsThatContradictEachOtherAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--origin", "none"}, "--origin none: no group to fill: add --group NAME=SIZE"},
		{[]string{"--peers", "http://127.0.0.1:1", "--join", "127.0.0.1:2"}, "--peers and --join: give one"},
		{[]string{"--peers", "http://127.0.0.1:1", "--weight", "2"}, "--peers with --weight"},
		{[]string{"--gossip", "off", "--join", "127.0.0.1:2"}, "--join needs gossip"},
		{[]string{"--join", "127.0.0.1:port"}, `--join "127.0.0.1:port":`},
		{[]string{"--join", "127.0.0.1:1,,"}, `--join "":`},
	} {
		if _, err := p2pcache.Resolve(c.args...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want one with %q", c.args, err, c.want)
		}
	}
}
