//go:build linux

package report_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/report"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/scenario"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

func result() scenario.Result {
	r := timeline.Recording{Step: time.Second, Events: []timeline.Event{{At: time.Second, What: "kill <b>"}}}
	for i := range 5 {
		at := time.Duration(i) * time.Second
		r.Pieces = append(r.Pieces, timeline.Summary{Gets: 10 * i, P50: time.Millisecond, P99: time.Second})
		r.Looks = append(r.Looks, timeline.Look{At: at, Node: "node1", Members: 5, Heap: 1 << 20})
		r.Loads = append(r.Loads, timeline.Loads{At: at, Count: uint64(i * i)})
	}
	return scenario.Result{
		Scenario: "kill9", About: "one dies", Recording: r,
		Checks: []scenario.Check{{Name: "errors", Got: 3, Limit: 0}, {Name: "p99", Got: 0.1, Limit: 1, Unit: "s", OK: true}},
	}
}

func write(t *testing.T, results ...scenario.Result) string {
	t.Helper()
	var b strings.Builder
	if err := report.Write(&b, results, false); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPageShowsFiguresFaultsAndCharts(t *testing.T) {
	page := write(t, result())
	for _, want := range []string{"kill9", "one dies", "errors 3 &gt; 0", "p99 100ms ≤ 1s", "kill &lt;b&gt;", `class="mark"`, "node1", "short"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "<b>") {
		t.Error("the page holds what is no figure, or what is not escaped")
	}
	for _, outside := range []string{"http:", "https:", "<script", "url(", "@import"} {
		if strings.Contains(page, outside) {
			t.Errorf("the page asks for something from elsewhere: %s", outside)
		}
	}
}

func TestDrawingsAreWellFormed(t *testing.T) {
	page := write(t, result())
	for _, part := range strings.Split(page, "<svg")[1:] {
		svg, _, _ := strings.Cut("<svg"+part, "</svg>")
		drawing := xml.NewDecoder(strings.NewReader(svg + "</svg>"))
		for {
			_, err := drawing.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%v in %.200s", err, svg)
			}
		}
	}
}

func TestScenariosThatCouldNotBeCarriedOutAreShown(t *testing.T) {
	if page := write(t, scenario.Result{Scenario: "join", Failure: "no node starts"}); !strings.Contains(page, "no node starts") {
		t.Error("why is not on the page")
	}
}
