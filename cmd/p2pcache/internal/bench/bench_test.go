package bench_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/bench"
)

// slow is a target that takes a fixed time, and counts who asked for what.
type slow struct {
	takes time.Duration
	fails error

	mu   sync.Mutex
	gets map[string]int // guarded by mu
	puts map[string]int // guarded by mu; the size of what is stored
}

func newSlow(takes time.Duration, fails error) *slow {
	return &slow{takes: takes, fails: fails, gets: map[string]int{}, puts: map[string]int{}}
}

func (s *slow) Get(ctx context.Context, key string) (int, error) {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gets[key]++
	return s.puts[key], s.fails
}

func (s *slow) Put(_ context.Context, key string, value []byte) error {
	time.Sleep(s.takes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts[key] = len(value)
	return s.fails
}

func config(edit ...func(*bench.Config)) bench.Config {
	c := bench.Config{Keys: bench.Keys{Prefix: "k", Count: 10}, Callers: 4, Duration: 10 * time.Second, ValueBytes: 7}
	for _, f := range edit {
		f(&c)
	}
	return c
}

func run(t testing.TB, c bench.Config, target bench.Target) bench.Result {
	t.Helper()
	r, err := bench.Run(context.Background(), c, target, new(atomic.Int64))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// punctual is a target that gives up at its deadline, as a server does that is told of it and whose clock is a moment ahead.
type punctual struct{}

func (punctual) Get(ctx context.Context, _ string) (int, error) {
	if deadline, ok := ctx.Deadline(); ok {
		time.Sleep(time.Until(deadline) - time.Millisecond)
		return 0, context.DeadlineExceeded
	}
	time.Sleep(70 * time.Millisecond)
	return 0, ctx.Err()
}

func (p punctual) Put(ctx context.Context, key string, _ []byte) error {
	_, err := p.Get(ctx, key)
	return err
}

func TestTheEndOfARunIsNoFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if r := run(t, config(), punctual{}); r.Errors != 0 || r.Requests == 0 {
			t.Errorf("%d of %d requests failed, the first: %v", r.Errors, r.Requests, r.First)
		}
	})
}

func TestEachAnswerIsCountedWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := newSlow(100*time.Millisecond, nil)
		rep := run(t, config(), target).Report()
		// The last answers come as the time is over, and may count or not.
		if rep.Requests < 396 || rep.Requests > 400 || rep.Errors != 0 || rep.Writes != 0 || math.Abs(rep.Seconds-10) > 0.2 {
			t.Errorf("%+v; want 4 callers to have asked ten times a second each", rep)
		}
		for _, p := range rep.Percentiles {
			if math.Abs(p.Seconds-0.1) > 0.001 {
				t.Errorf("%v %% within %v s, want 0.1", p.Percent, p.Seconds)
			}
		}
		if len(target.gets) != 10 {
			t.Errorf("%d keys asked for, want all 10", len(target.gets))
		}
	})
}

func TestWithARateTheTimeCountsFromWhenARequestWasDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := config(func(c *bench.Config) { c.Callers, c.Rate = 1, 20 }) // which a target of 100 ms cannot keep up with
		rep := run(t, c, newSlow(100*time.Millisecond, nil)).Report()
		if last := rep.MaxSeconds; last < 4.5 || last > 5.5 {
			t.Errorf("the last request took %v s, want five: it was due half the time ago", last)
		}
		c = config(func(c *bench.Config) { c.Rate = 20 })
		if rep := run(t, c, newSlow(100*time.Millisecond, nil)).Report(); rep.Requests < 195 || rep.Requests > 201 || rep.MaxSeconds > 0.11 {
			t.Errorf("%d requests, the slowest of %v s; want 200, none of which waits", rep.Requests, rep.MaxSeconds)
		}
	})
}

func TestFailuresAndAbsenceAreToldApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		for fails, want := range map[error][2]bool{nil: {false, false}, bench.ErrAbsent: {false, true}, broken: {true, false}} {
			r := run(t, config(), newSlow(time.Second, fails))
			rep := r.Report()
			if (rep.Errors > 0) != want[0] || (rep.NotFound > 0) != want[1] || (rep.FirstError != "") != want[0] {
				t.Errorf("%v: %+v", fails, rep)
			}
			if want[0] && (r.Times.TotalCount() != 0 || !errors.Is(r.First, broken)) {
				t.Errorf("%d failures are timed, the first is %v", r.Times.TotalCount(), r.First)
			}
		}
	})
}

func TestWritesAreAPartOfTheRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := newSlow(time.Millisecond, nil)
		rep := run(t, config(func(c *bench.Config) { c.Writes = 0.25 }), target).Report()
		if part := float64(rep.Writes) / float64(rep.Requests); math.Abs(part-0.25) > 0.02 || target.puts["k0"] != 7 {
			t.Errorf("%v of the requests store %d bytes, want a quarter and 7", part, target.puts["k0"])
		}
	})
}

func TestPopularKeysAreAskedForMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for zipf, want := range map[float64]float64{0: 1, 1: 10, 2: 100} { // how much more k0 is asked for than k9
			target := newSlow(time.Millisecond, nil)
			run(t, config(func(c *bench.Config) { c.Keys.Zipf = zipf }), target)
			if got := float64(target.gets["k0"]) / float64(target.gets["k9"]); got < want*0.75 || got > want*1.33 {
				t.Errorf("zipf %v: the first of ten is asked for %.1f times as often as the last, want %v", zipf, got, want)
			}
		}
	})
}

func TestFillStoresEveryKeyOnce(t *testing.T) {
	target, done := newSlow(0, nil), new(atomic.Int64)
	if err := bench.Fill(context.Background(), config(), target, done); err != nil || len(target.puts) != 10 || done.Load() != 10 {
		t.Errorf("%d keys stored, %d counted, error %v; want 10", len(target.puts), done.Load(), err)
	}
	broken := errors.New("broken")
	if err := bench.Fill(context.Background(), config(), newSlow(0, broken), done); !errors.Is(err, broken) {
		t.Errorf("error %v, want the target's", err)
	}
}

func TestKeysThatCannotBeAreRefused(t *testing.T) {
	for _, keys := range []bench.Keys{{}, {Count: bench.MaxKeys + 1}, {Count: 1, Zipf: -1}, {Count: 1, Zipf: math.NaN()}, {Count: 1, Zipf: math.Inf(1)}} {
		c := config(func(c *bench.Config) { c.Keys = keys })
		if _, err := bench.Run(context.Background(), c, newSlow(0, nil), new(atomic.Int64)); err == nil {
			t.Errorf("%+v: no error", keys)
		}
		if err := bench.Fill(context.Background(), c, newSlow(0, nil), new(atomic.Int64)); err == nil {
			t.Errorf("%+v: no error", keys)
		}
	}
}

func TestAReportIsReadAndDrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rep := run(t, config(), newSlow(1500*time.Microsecond, nil)).Report()
		var text bytes.Buffer
		rep.Write(&text)
		for _, want := range []string{"requests in 10.0 s", "mean 1.5ms", "      50 %      1.5ms  ████", "  99.999 %", "     100 %"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("no %q in\n%s", want, &text)
			}
		}
		wantPlot(t, rep, "1.6ms</text>")
		wantPlot(t, bench.Report{}, "0s</text>")
		if bench.CheckPlot("a.pdf") == nil {
			t.Error("a.pdf is accepted")
		}
	})
}

// wantPlot draws rep, as XML that has a text.
func wantPlot(t *testing.T, rep bench.Report, text string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.SVG")
	if err := errors.Join(bench.CheckPlot(path), rep.Plot(path, "<title> & more")); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{text, "&lt;title&gt; &amp; more"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %q in %s", want, svg)
		}
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		if _, err := d.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("%v in %s", err, svg)
		}
	}
}

func ExampleReport_Write() {
	rep := bench.Report{Requests: 200, Seconds: 2, PerSecond: 100, MaxSeconds: 0.002, MeanSeconds: 0.001, Percentiles: []bench.Percentile{{50, 0.001}, {100, 0.002}}}
	var text strings.Builder
	rep.Write(&text)
	fmt.Print(text.String())
	// Output:
	// 200 requests in 2.0 s, 100/s
	// mean 1ms, standard deviation 0s
	//
	//       50 %        1ms  ████████████████████
	//      100 %        2ms  ████████████████████████████████████████
}
