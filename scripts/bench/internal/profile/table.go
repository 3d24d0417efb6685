package profile

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

// typeArguments are what functions of generic types carry in their names, written out at length.
var typeArguments = regexp.MustCompile(`\[.*\]`)

// Tables are p as tables: of what takes its time, and of the functions that take most. What says what was done each time.
func (p Profile) Tables(what string) []report.Table {
	parts := report.Table{
		Title: fmt.Sprintf("%s: %.0f ns of processor, by what takes them", what, p.Nanos), Columns: []string{"", "ns", "share"},
	}
	for _, l := range p.Parts {
		if percent := 100 * l.Self / p.Nanos; percent >= 0.5 {
			parts.Add(report.Text(l.Name), report.Fixed(l.Self, 0), percentCell(percent))
		}
	}
	functions := report.Table{
		Title: what + ": the functions that take most", Columns: []string{"function", "ns", "share", "with what it calls, ns"},
	}
	for _, l := range p.Functions {
		name := "`" + typeArguments.ReplaceAllString(strings.TrimPrefix(l.Name, project), "[…]") + "`"
		functions.Add(report.Text(name), report.Fixed(l.Self, 0), percentCell(100*l.Self/p.Nanos), report.Fixed(l.All, 0))
	}
	return []report.Table{parts, functions}
}

func percentCell(v float64) report.Cell {
	c := report.Fixed(v, 1)
	c.Text += " %"
	return c
}
