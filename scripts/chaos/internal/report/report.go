//go:build linux

// Package report draws what came of scenarios, as one HTML page that needs nothing from elsewhere.
package report

import (
	_ "embed"
	"html/template"
	"io"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/scenario"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

//go:embed report.html
var page string

// section is one scenario's part of the page.
type section struct {
	scenario.Result
	OK     bool
	Charts []Chart
}

// Write writes the page. With countsOnly, times are not judged.
func Write(w io.Writer, results []scenario.Result, countsOnly bool) error {
	parsed, err := template.New("report").Funcs(template.FuncMap{"at": at, "brief": scenario.Brief}).Parse(page)
	if err != nil {
		return err
	}
	var sections []section
	for _, r := range results {
		s := section{Result: r, OK: r.Verdict(countsOnly)}
		if len(r.Recording.Pieces) > 0 {
			s.Charts = charts(r.Recording)
		}
		sections = append(sections, s)
	}
	return parsed.Execute(w, sections)
}

// at writes the moment of an event.
func at(e timeline.Event) string { return e.At.Round(100 * time.Millisecond).String() }
