//go:build linux

package scenario_test

import (
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/scenario"
)

func TestTheSameSeedPlansTheSame(t *testing.T) {
	first, second := scenario.Plan(7, time.Hour), scenario.Plan(7, time.Hour)
	if first != second {
		t.Error("two plans of a seed differ")
	}
	if scenario.Plan(7, time.Minute) == scenario.Plan(8, time.Minute) {
		t.Error("two seeds plan the same")
	}
	if short := scenario.Plan(7, time.Minute); !strings.HasPrefix(first, strings.TrimSuffix(short, "]")) {
		t.Error("a longer plan begins otherwise")
	}
}

func TestEveryKindOfTroubleIsPlanned(t *testing.T) {
	plan := scenario.Plan(1, time.Hour)
	for _, kind := range []string{"kill -9", "SIGSTOP", "SIGTERM", "join", "one-way cut", "slow origin", "failing origin"} {
		if !strings.Contains(plan, kind) {
			t.Errorf("no %s in an hour", kind)
		}
	}
}

func result() scenario.Result {
	return scenario.Result{Scenario: "kill9", Checks: []scenario.Check{
		{Name: "errors", Got: 0, Limit: 0, OK: true},
		{Name: "p99", Got: 0.25, Limit: 0.1, Unit: "s"},
	}}
}

func TestAFigureBeyondItsLimitFallsShort(t *testing.T) {
	r := result()
	if r.Verdict(false) || !strings.HasPrefix(r.Line(false), "SHORT") || !strings.Contains(r.Line(false), "p99 250ms > 100ms") {
		t.Error(r.Line(false))
	}
	if !r.FallsShort("p9") || r.FallsShort("errors") {
		t.Error("the wrong figure falls short")
	}
}

func TestTimesAreNotJudgedWhereOnlyCountsAre(t *testing.T) {
	r := result()
	if !r.Verdict(true) || !strings.HasPrefix(r.Line(true), "ok") || !strings.Contains(r.Line(true), "(not judged)") {
		t.Error(r.Line(true))
	}
	r.Checks[0].OK = false
	if r.Verdict(true) {
		t.Error("a count beyond its limit was let pass")
	}
	r = result()
	r.Failure = "nothing starts"
	if r.Verdict(true) {
		t.Error("what could not be carried out was let pass")
	}
}

func TestAStarvedMachineExcusesCountsAndNeitherValuesNorPanics(t *testing.T) {
	short := func(name string, late time.Duration) scenario.Result {
		return scenario.Result{Late: late, Checks: []scenario.Check{{Name: name, Got: 1}}}
	}
	for name, want := range map[string]bool{"errors": true, "loads per key of 7": true, "wrong values": false, "panics": false} {
		if got := short(name, time.Second).Starved(); got != want {
			t.Errorf("%s beyond their limit: excused %v, want %v", name, got, want)
		}
		if short(name, 10*time.Millisecond).Starved() {
			t.Errorf("%s beyond their limit are excused though timers were on time", name)
		}
	}
	r := short("errors", time.Second)
	if r.Failure = "nothing starts"; r.Starved() {
		t.Error("what could not be carried out was excused")
	}
}

func TestSettingsUnderWhichNothingIsDoneAreMistakes(t *testing.T) {
	good := scenario.Settings{Binary: "/proc/self/exe", Keys: 1, Rate: 1}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for what, change := range map[string]func(*scenario.Settings){
		"2 nodes":           func(s *scenario.Settings) { s.Nodes = 2 },
		"201 nodes":         func(s *scenario.Settings) { s.Nodes = 201 },
		"-1 nodes":          func(s *scenario.Settings) { s.Nodes = -1 },
		"0 keys":            func(s *scenario.Settings) { s.Keys = 0 },
		"0 Gets":            func(s *scenario.Settings) { s.Rate = 0 },
		"-1 rounds":         func(s *scenario.Settings) { s.Rounds = -1 },
		"-1s":               func(s *scenario.Settings) { s.Duration = -time.Second },
		"-2s":               func(s *scenario.Settings) { s.Steady = -2 * time.Second },
		"/nowhere":          func(s *scenario.Settings) { s.Binary = "/nowhere" },
		"/proc/self/limits": func(s *scenario.Settings) { s.Binary = "/proc/self/limits" }, // is no program
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestNamesAreUniqueAndSayWhatMustBeReached(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range scenario.All() {
		if seen[s.Name] || s.Name == "" || s.About == "" {
			t.Errorf("%q: %q", s.Name, s.About)
		}
		seen[s.Name] = true
		if found, ok := scenario.Find(s.Name); !ok || found.Name != s.Name {
			t.Errorf("%s is not found", s.Name)
		}
	}
	if _, ok := scenario.Find("nothing"); ok {
		t.Error("what is not there was found")
	}
}
