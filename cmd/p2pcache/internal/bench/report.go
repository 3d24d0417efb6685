package bench

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/figure"
)

// Report is a Result as people and programs read it.
type Report struct {
	Requests      int64   `json:"requests"`
	Writes        int64   `json:"writes"`
	NotFound      int64   `json:"not_found"`
	Errors        int64   `json:"errors"`
	FirstError    string  `json:"first_error,omitempty"`
	Seconds       float64 `json:"seconds"`
	PerSecond     float64 `json:"per_second"`
	ValueBytes    int64   `json:"value_bytes"`
	MeanSeconds   float64 `json:"mean_seconds"`
	MaxSeconds    float64 `json:"max_seconds"`
	StdDevSeconds float64 `json:"stddev_seconds"`

	// Percentiles rise from 0 to 100.
	Percentiles []Percentile `json:"percentiles"`
}

// Percentile is the time within which a part of the requests were answered.
type Percentile struct {
	Percent float64 `json:"percent"`
	Seconds float64 `json:"seconds"`
}

// percents are those that a Report has.
var percents = [...]float64{0, 10, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999, 100}

// Report sums r up.
func (r Result) Report() Report {
	rep := Report{
		Requests: r.Requests, Writes: r.Writes, NotFound: r.Absent, Errors: r.Errors, ValueBytes: r.Bytes,
		Seconds: round(r.Took.Seconds()), PerSecond: round(float64(r.Requests) / max(r.Took.Seconds(), 1e-9)),
		MeanSeconds: r.Times.Mean() / 1e9, MaxSeconds: float64(r.Times.Max()) / 1e9, StdDevSeconds: r.Times.StdDev() / 1e9,
	}
	if r.First != nil {
		rep.FirstError = r.First.Error()
	}
	for _, p := range percents {
		rep.Percentiles = append(rep.Percentiles, Percentile{p, float64(r.Times.ValueAtQuantile(p)) / 1e9})
	}
	return rep
}

// round keeps three digits behind the point.
func round(f float64) float64 { return float64(int64(f*1e3+0.5)) / 1e3 }

// barWidth is that of the longest bar.
const barWidth = 40

// Write prints the report for people.
func (r Report) Write(w io.Writer) {
	fmt.Fprintf(w, "%d requests in %.1f s, %.0f/s", r.Requests, r.Seconds, r.PerSecond)
	for _, part := range []struct {
		n    int64
		what string
	}{{r.Writes, "stored"}, {r.NotFound, "not found"}, {r.Errors, "failed"}} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %d %s", part.n, part.what)
		}
	}
	fmt.Fprintf(w, "\nmean %v, standard deviation %v\n\n", span(r.MeanSeconds), span(r.StdDevSeconds))
	for _, p := range r.Percentiles {
		bar := 0
		if r.MaxSeconds > 0 {
			bar = int(p.Seconds/r.MaxSeconds*barWidth + 0.5)
		}
		line := fmt.Sprintf("%8s %%  %9v  %s", trim(p.Percent), span(p.Seconds), strings.Repeat("█", bar))
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

func trim(percent float64) string { return strings.TrimSuffix(fmt.Sprintf("%g", percent), ".0") }

// span is a time to three digits.
func span(seconds float64) time.Duration { return figure.Round(time.Duration(seconds * 1e9)) }
