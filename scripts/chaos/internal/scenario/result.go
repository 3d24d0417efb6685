//go:build linux

package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// Check is a figure beside its limit.
type Check struct {
	Name  string  `json:"name"`
	Got   float64 `json:"got"`
	Limit float64 `json:"limit"` // the most that it may be
	Unit  string  `json:"unit"`  // s for seconds; empty for numbers
	OK    bool    `json:"ok"`
}

// Note is a figure that has no limit.
type Note struct {
	Name string  `json:"name"`
	Got  float64 `json:"got"`
}

// Timed reports whether the figure depends on how busy the machine is.
func (c Check) Timed() bool { return c.Unit == seconds }

const seconds = "s"

func (c Check) String() string {
	sign := "≤"
	if !c.OK {
		sign = ">"
	}
	return fmt.Sprintf("%s %s %s %s", c.Name, c.figure(c.Got), sign, c.figure(c.Limit))
}

func (c Check) figure(v float64) string {
	if c.Timed() {
		return Brief(time.Duration(v * float64(time.Second)))
	}
	return fmt.Sprintf("%.4g", v)
}

// Brief writes a duration in three digits.
func Brief(d time.Duration) string {
	switch {
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	case d >= 10*time.Millisecond:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(10 * time.Microsecond).String()
	}
}

// Result is what came of a scenario.
type Result struct {
	Scenario string           `json:"scenario"`
	About    string           `json:"about"`
	Seed     uint64           `json:"seed"`
	Nodes    int              `json:"nodes"`
	Steady   timeline.Summary `json:"steady"`          // before the fault
	Faulty   timeline.Summary `json:"faulty"`          // from the fault on
	Loads    uint64           `json:"loads"`           // of keys that are only read, from the fault on
	Agree    time.Duration    `json:"agree"`           // from the fault, or its end, until all agreed on the members; 0 if not asked for
	Checks   []Check          `json:"checks"`          // figures beside their limits
	Notes    []Note           `json:"notes,omitempty"` // figures without
	Failure  string           `json:"failure"`         // why it could not be carried out
	Late     time.Duration    `json:"late"`            // the longest that the driver's timers were late
	Logs     string           `json:"logs"`            // directory
	Took     time.Duration    `json:"took"`            // all of it

	Recording timeline.Recording `json:"recording"`
}

// Verdict reports whether every figure is within its limit. With countsOnly, those that depend on how busy the machine is do
// not count.
func (r Result) Verdict(countsOnly bool) bool {
	for _, c := range r.Checks {
		if !c.OK && (!countsOnly || !c.Timed()) {
			return false
		}
	}
	return r.Failure == ""
}

// Names of the checks that hold however starved a machine is.
const (
	wrongValues = "wrong values"
	panics      = "panics"
)

// tooLate is how late timers are on a machine that starves its processes so much that a node may take another, which lives, for one that
// fails, to which it gives so long at the least: then a key may be loaded twice, and a Get take as long as it may.
const tooLate = 200 * time.Millisecond

// Starved reports whether the machine itself was too slow for the figures that are beyond their limits to say anything. What it
// answered, and whether a node broke, says something all the same.
func (r Result) Starved() bool {
	broken := func(c Check) bool { return !c.OK && (c.Name == wrongValues || c.Name == panics) }
	return r.Late > tooLate && r.Failure == "" && !slices.ContainsFunc(r.Checks, broken)
}

// FallsShort reports whether a figure whose name begins so is beyond its limit.
func (r Result) FallsShort(name string) bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return !c.OK && strings.HasPrefix(c.Name, name) })
}

// Line is the result in one line.
func (r Result) Line(countsOnly bool) string {
	verdict := "ok   "
	if !r.Verdict(countsOnly) {
		verdict = "SHORT"
	}
	f := r.Faulty
	line := fmt.Sprintf("%s %-18s errors %d of %d, wrong %d, loads %d, p50 %s, p99 %s (steady %s), longest %s",
		verdict, r.Scenario, f.Errors, f.Gets, f.Wrong, r.Loads, Brief(f.P50), Brief(f.P99), Brief(r.Steady.P99), Brief(f.Longest))
	if r.Agree > 0 {
		line += ", agreed after " + Brief(r.Agree)
	}
	line += " |"
	for i, c := range r.Checks {
		if i > 0 {
			line += ";"
		}
		line += " " + c.String()
		if countsOnly && c.Timed() {
			line += " (not judged)"
		}
	}
	for _, n := range r.Notes {
		line += fmt.Sprintf("; %s %.4g", n.Name, n.Got)
	}
	if r.Failure != "" {
		line += " | " + r.Failure
	}
	return line
}
