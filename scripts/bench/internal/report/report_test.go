package report_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

func written(t *testing.T) (dir string, text string) {
	t.Helper()
	dir = t.TempDir()
	table := report.Table{Title: "Rates", Columns: []string{"who", "gets a second"}}
	table.Add(report.Text("ours"), report.Spread(sample.Sample{1_250_000, 1_000_000, 2_000_000}))
	r := report.Report{
		Name: "speed", Title: "how fast", Tables: []report.Table{table}, Goals: []report.Goal{report.AtLeast("rate", "/s", 1_250_000, 1_500_000).In("Rates", "ours", "gets a second")},
		Plots:    []report.Plot{{File: "speed.svg", Title: "Speed", Series: []report.Line{{Name: "ours", Points: []report.Point{{X: 1, Y: 2}, {X: 2, Y: 3}}}}}},
		Profiles: []report.Table{{Title: "Who takes it", Columns: []string{"part", "ns"}}},
		Notes:    []string{"Not more."},
	}
	var out bytes.Buffer
	settings := report.Settings{Dir: dir}
	if err := settings.Finish(r, &out); err != nil {
		t.Fatal(err)
	}
	return dir, out.String()
}

func TestAReportIsPrintedAndWritten(t *testing.T) {
	dir, text := written(t)
	for _, want := range []string{"1.25M (1.00M–2.00M) (≥ 1.50M/s: short)", "≥ 1.50M/s  1.25M/s  short", "Who takes it", "Not more."} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
	for _, name := range []string{"speed.json", "speed.txt", "speed.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestAGoalWhoseFigureIsNowhereIsAnError(t *testing.T) {
	goal := report.AtMost("loads", "", 1, 1)
	for _, g := range []report.Goal{goal.In("Other", "ours", "loads"), goal.In("Loads", "theirs", "loads"), goal.In("Loads", "ours", "errors")} {
		table := report.Table{Title: "Loads", Columns: []string{"", "loads"}}
		table.Add(report.Text("ours"), report.Figure(1))
		r := report.Report{Name: "herd", Tables: []report.Table{table}, Goals: []report.Goal{g}}
		if err := new(report.Settings).Finish(r, io.Discard); err == nil {
			t.Errorf("%+v: no error", g)
		}
	}
}

func TestADocumentIsFilledBetweenItsMarkers(t *testing.T) {
	dir, _ := written(t)
	document := filepath.Join(filepath.Dir(dir), "doc.md")
	before := "# Doc\n<!-- bench speed -->\nold\n<!-- end -->\nstays\n<!-- bench other -->\nkept\n<!-- end -->\n<!-- bench goals -->\n<!-- end -->\n" +
		"<!-- bench profiles -->\n<!-- end -->\n"
	if err := os.WriteFile(document, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // a second time changes nothing more
		if err := report.Fill(document, dir); err != nil {
			t.Fatal(err)
		}
	}
	after, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	text := string(after)
	for _, want := range []string{
		"| who | gets a second |\n|---|---:|\n| ours | 1.25M (1.00M–2.00M) (≥ 1.50M/s: short) |\n", "stays", "kept", "](" + filepath.Base(dir) + "/speed.svg)",
		"| [speed](#speed): rate | ≥ 1.50M/s | 1.25M/s | short |", "**Who takes it**\n\n| part | ns |\n",
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("the document has %q %d times, want once:\n%s", want, strings.Count(text, want), text)
		}
	}
	if strings.Contains(text, "old") {
		t.Errorf("the old section is still there:\n%s", text)
	}
}
