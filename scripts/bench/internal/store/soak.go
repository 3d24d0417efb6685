package store

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/lru"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

const (
	soakBudget  = 256 << 20
	soakLooks   = 20        // at memory, in all
	soakKeys    = 2_000_000 // as many as make the budget too small
	soakCallers = 2
	meanSize    = 500     // of most values, in bytes
	largestSize = 200_000 // of one value in a hundred
	meanLife    = 30 * time.Second
)

// SoakCommand returns the command soak.
func SoakCommand(settings *report.Settings) *cobra.Command {
	duration := 10 * time.Minute
	cmd := &cobra.Command{
		Use: "soak", Short: "Memory of a full store under sizes, lives and removals at random", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if duration < soakLooks*time.Millisecond {
				return errors.New("soak: the duration is too short")
			}
			looks, err := soak(duration, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return settings.Finish(soakSummary(duration, looks), cmd.OutOrStdout())
		},
	}
	cmd.Flags().DurationVar(&duration, "duration", duration, "how long it runs")
	return cmd
}

// look is what a store took at one moment, after a cycle of the collector.
type look struct {
	at       time.Duration
	entries  int
	counted  int64 // bytes, by the store's own account
	resident int64 // bytes, above what the process took before
	live     int64 // bytes on the heap, above what was there before
	calls    int64
}

func (l look) ofBudget() float64 { return float64(l.resident) / soakBudget }

// soak churns a store for a while, and looks at its memory from time to time.
func soak(duration time.Duration, progress io.Writer) ([]look, error) {
	before, err := resident()
	if err != nil {
		return nil, err
	}
	liveBefore := liveHeap()
	c, err := lru.New(lru.Config{MaxBytes: soakBudget})
	if err != nil {
		return nil, err
	}
	var looks []look
	var calls atomic.Int64
	started := time.Now()
	for n := range soakLooks {
		churnUntil(c, started.Add(duration*time.Duration(n+1)/soakLooks), uint64(n), &calls)
		after, err := resident()
		if err != nil {
			return nil, err
		}
		l := look{at: time.Since(started), counted: c.Bytes(), resident: after - before, live: liveHeap() - liveBefore, calls: calls.Load()}
		l.entries = c.Len() // last, as it sweeps and leaves garbage
		fmt.Fprintf(progress, "%v: %d entries, %.3f of the budget resident\n", l.at.Round(time.Second), l.entries, l.ofBudget())
		looks = append(looks, l)
	}
	return looks, nil
}

func liveHeap() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// churnUntil has callers use the store until some time.
func churnUntil(c *lru.Cache, end time.Time, seed uint64, calls *atomic.Int64) {
	var callers sync.WaitGroup
	for n := range uint64(soakCallers) {
		callers.Go(func() {
			r, values := rand.New(rand.NewPCG(seed, n)), make([]byte, largestSize)
			for time.Now().Before(end) {
				for range batch {
					churn(c, r, values)
				}
				calls.Add(batch)
			}
		})
	}
	callers.Wait()
}

// churn makes one call: half are Gets, the rest Sets but for a few removals.
func churn(c *lru.Cache, r *rand.Rand, values []byte) {
	key := keyName(int(r.ExpFloat64() * soakKeys / 4))
	switch kind := r.IntN(20); {
	case kind < 10:
		c.Get(key)
	case kind == 10:
		c.Remove(key)
	case kind == 11:
		c.Demote(key, time.Second)
	default:
		size := min(int(r.ExpFloat64()*meanSize), largestSize)
		if r.IntN(100) == 0 {
			size = r.IntN(largestSize)
		}
		e := lru.Entry{Value: values[:size], Kind: lru.Kind(kind & 1)}
		if r.IntN(2) == 0 {
			e.TTL = time.Duration(1 + r.ExpFloat64()*float64(meanLife))
		}
		c.Set(key, e)
	}
}

func soakSummary(duration time.Duration, looks []look) report.Report {
	t := report.Table{
		Title:   fmt.Sprintf("A budget of %d MiB, used by %d callers for %v", soakBudget>>20, soakCallers, duration),
		Columns: []string{"after", "million calls", "entries", "counted/budget", "live heap/budget", "resident/budget"},
	}
	var of sample.Sample
	for _, l := range looks {
		t.Add(report.Text(l.at.Round(time.Second).String()), report.Fixed(float64(l.calls)/1e6, 1), report.Text(fmt.Sprint(l.entries)),
			report.Fixed(float64(l.counted)/soakBudget, 3), report.Fixed(float64(l.live)/soakBudget, 3), report.Fixed(l.ofBudget(), 3))
		of = append(of, l.ofBudget())
	}
	quarter := len(of) / 4
	return report.Report{
		Name: "soak", Title: "memory of a full store", Host: report.ThisHost(), Tables: []report.Table{t},
		Goals: []report.Goal{
			report.AtMost("resident memory against the budget, at worst", " ×", of[quarter:].Max(), 1.05),
			report.AtMost("growth from the second quarter to the last", " %", 100*(of[3*quarter:].Mean()/of[quarter:2*quarter].Mean()-1), 1),
		},
		Notes: []string{
			"Keys, sizes, lives and calls come at random, from fixed seeds: half of the calls are Gets. Before each look all callers stop, and the collector " +
				"gives back what it finds dead.",
		},
	}
}
