//go:build linux

package main_test

import (
	"strings"
	"testing"
	"time"

	main "github.com/p2pcache/p2pcache/scripts/chaos"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"
)

func TestLinesChangeARelaysFaults(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  relay.Faults
	}{
		{[]string{"delay 50ms"}, relay.Both(relay.Way{Delay: 50 * time.Millisecond})},
		{[]string{"loss 5%", "bandwidth 1MB", "way from"}, relay.Faults{From: relay.Way{Loss: 0.05, Bandwidth: 1_000_000}}},
		{[]string{"cut to"}, relay.Faults{To: relay.Way{Cut: true}}},
		{[]string{"cut both", "delay 1s", "mend"}, relay.Faults{}},
		{[]string{"delay 1s", "cut from", "cut none"}, relay.Both(relay.Way{Delay: time.Second})},
	} {
		if got, err := main.Told(c.lines...); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.lines, got, err, c.want)
		}
	}
	for _, line := range []string{"", "delay", "delay fast", "loss 200%", "loss x", "way up", "cut half", "rain 5", "bandwidth -1"} {
		if got, err := main.Told(line); err == nil {
			t.Errorf("%q was taken for %+v", line, got)
		}
	}
}

func TestMistakesInTheCommandLineAreTold(t *testing.T) {
	for _, args := range [][]string{{"nothing"}, {"--rate", "x"}, {"--colour"}, {"relay"}, {"relay", "--target", "x:1", "--loss", "-3"},
		{"--binary", "/nowhere/p2pcache"}, {"--nodes", "2"},
	} {
		var out strings.Builder
		if code := main.Run(&out, args...); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
	}
}

func TestEveryScenarioIsListed(t *testing.T) {
	var out strings.Builder
	if code := main.Run(&out, "--list"); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	for _, name := range []string{
		"kill9", "stop3", "stop30", "rolling", "join", "scalein", "partition10", "partition60", "oneway", "gossip5", "gossip30", "blackout",
		"seed", "restart", "origin", "herd", "hotkey", "remove-loading", "remove-flapping", "remove-lost", "hostile", "loris", "connections",
		"files", "strangers", "authority", "clock", "handover", "random",
	} {
		if !strings.Contains(out.String(), name+" ") {
			t.Errorf("%s is not listed", name)
		}
	}
}
