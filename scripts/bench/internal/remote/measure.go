package remote

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// warmPart of a span is spent before each measurement, so that connections are open.
const warmPart = 5

// samples are the figures of the runs of one contender.
type samples struct {
	rate                   sample.Sample // gets a second
	p50, p90, p99          sample.Sample // microseconds
	clientCPU, serverCPU   sample.Sample // microseconds a get
	clientMallocs, mallocs sample.Sample // a get; mallocs on the server
}

// cost is what client and server have taken up to a moment.
type cost struct {
	clientCPU, serverCPU   time.Duration
	clientMallocs, mallocs uint64
}

func costNow(c contender) (cost, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	now := cost{clientCPU: process.OwnCPU(), serverCPU: c.server().CPU(), clientMallocs: m.Mallocs}
	if w, ok := c.(counted); ok {
		usage, err := w.usage()
		if err != nil {
			return now, err
		}
		now.mallocs = usage.Mallocs
	}
	return now, nil
}

// measure puts a load on c, and adds what came of it to s.
func (s *samples) measure(ctx context.Context, c contender, plan load.Plan) error {
	span := plan.Span
	plan.Span = span / warmPart
	load.Run(ctx, plan)
	before, err := costNow(c)
	if err != nil {
		return err
	}
	plan.Span = span
	r := load.Run(ctx, plan)
	after, err := costNow(c)
	if err != nil {
		return err
	}
	if r.Errors > 0 {
		return fmt.Errorf("%s: %d of %d gets failed: %s", c.name(), r.Errors, r.Calls+r.Errors, r.Error)
	}
	s.add(r, before, after)
	return nil
}

func (s *samples) add(r load.Result, before, after cost) {
	gets := float64(r.Calls)
	s.rate = append(s.rate, r.Rate())
	s.p50 = append(s.p50, micros(r.P50))
	s.p90 = append(s.p90, micros(r.P90))
	s.p99 = append(s.p99, micros(r.P99))
	s.clientCPU = append(s.clientCPU, micros(after.clientCPU-before.clientCPU)/gets)
	s.serverCPU = append(s.serverCPU, micros(after.serverCPU-before.serverCPU)/gets)
	s.clientMallocs = append(s.clientMallocs, float64(after.clientMallocs-before.clientMallocs)/gets)
	if after.mallocs > 0 {
		s.mallocs = append(s.mallocs, float64(after.mallocs-before.mallocs)/gets)
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// getter gives each of so many callers keys of its own, in turn: no two callers get one key at a time, so that none waits for
// another's fetch and is spared its own.
func getter(c contender, keys []string, length, callers int) func(int) func(context.Context) error {
	return func(caller int) func(context.Context) error {
		next := caller
		return func(ctx context.Context) error {
			got, err := c.get(ctx, keys[next])
			if next += callers; next >= len(keys) {
				next = caller
			}
			if err == nil && got != length {
				err = fmt.Errorf("a value of %d bytes instead of %d", got, length)
			}
			return err
		}
	}
}
