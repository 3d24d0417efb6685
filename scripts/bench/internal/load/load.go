// Package load calls a function from many goroutines for a while and notes how long each call took.
package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histograms hold latencies from a nanosecond to this, within one part in a hundred.
const (
	longest = int64(2 * time.Minute)
	digits  = 2
)

// Plan says what is called, by how many, for how long.
type Plan struct {
	Callers int
	Span    time.Duration

	// Caller returns what one caller calls again and again. It is called once for each caller, from 0 on.
	Caller func(caller int) func(ctx context.Context) error
}

// Result is what came of a Plan.
type Result struct {
	Calls   uint64        `json:"calls"` // that succeeded
	Errors  uint64        `json:"errors"`
	Error   string        `json:"error,omitempty"` // one of them
	Elapsed time.Duration `json:"elapsed"`

	// Latencies of the calls that succeeded.
	P50 time.Duration `json:"p50"`
	P90 time.Duration `json:"p90"`
	P99 time.Duration `json:"p99"`
	Max time.Duration `json:"max"`
}

// Rate is the number of calls a second.
func (r Result) Rate() float64 { return float64(r.Calls) / r.Elapsed.Seconds() }

// Run carries out a plan: each caller calls, waits and calls again.
func Run(ctx context.Context, plan Plan) Result {
	return new(runner).run(ctx, plan)
}

// Once has so many callers call at once, each a single time.
func Once(ctx context.Context, callers int, call func(context.Context) error) Result {
	r := &runner{}
	r.over.Store(true)
	return r.run(ctx, Plan{Callers: callers, Caller: func(int) func(context.Context) error { return call }})
}

type runner struct {
	start  chan struct{} // closed when all callers are there
	over   atomic.Bool
	failed atomic.Uint64
	errs   chan error // one of the errors
}

func (r *runner) run(ctx context.Context, plan Plan) Result {
	r.start, r.errs = make(chan struct{}), make(chan error, 1)
	histograms := make([]*hdrhistogram.Histogram, plan.Callers)
	var callers sync.WaitGroup
	for i := range plan.Callers {
		call := plan.Caller(i)
		histograms[i] = hdrhistogram.New(1, longest, digits)
		callers.Go(func() { r.call(ctx, call, histograms[i]) })
	}
	started := time.Now()
	close(r.start)
	timer := time.AfterFunc(plan.Span, func() { r.over.Store(true) })
	defer timer.Stop()
	callers.Wait()
	return r.result(time.Since(started), histograms)
}

// call calls until it is over, and once at the least. It reads the clock once for each call: a call begins when the one before
// has ended.
func (r *runner) call(ctx context.Context, call func(context.Context) error, latencies *hdrhistogram.Histogram) {
	<-r.start
	for before, more := time.Now(), true; more; more = !r.over.Load() {
		err := call(ctx)
		now := time.Now()
		if err != nil {
			r.fail(err)
		} else if err := latencies.RecordValue(int64(now.Sub(before))); err != nil {
			r.fail(err)
		}
		before = now
	}
}

func (r *runner) fail(err error) {
	r.failed.Add(1)
	select {
	case r.errs <- err:
	default:
	}
}

func (r *runner) result(elapsed time.Duration, histograms []*hdrhistogram.Histogram) Result {
	all := hdrhistogram.New(1, longest, digits)
	for _, h := range histograms {
		all.Merge(h)
	}
	result := Result{
		Calls: uint64(all.TotalCount()), Errors: r.failed.Load(), Elapsed: elapsed,
		P50: time.Duration(all.ValueAtQuantile(50)), P90: time.Duration(all.ValueAtQuantile(90)),
		P99: time.Duration(all.ValueAtQuantile(99)), Max: time.Duration(all.Max()),
	}
	select {
	case err := <-r.errs:
		result.Error = err.Error()
	default:
	}
	return result
}
