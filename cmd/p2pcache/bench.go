package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/bench"
	"github.com/p2pcache/p2pcache/node"
)

const benchHelp = `Measure how fast a cluster answers Gets of a group: callers ask for keys, the popular ones often, and the time of each answer
is counted in an HDR histogram.

All requests go through the node that --server names, or with --spread through all members in turn. With --fill, every key is
stored first; else keys come from the group's origin, and those that there are not are counted as not found.

With --rate, requests are due at fixed times and counted from then, so that a node that stalls cannot hide it. Ctrl-C ends the
run early and prints what there is.`

// benchFlags are what bench was told.
type benchFlags struct {
	cfg    bench.Config
	fill   bool
	spread bool
	plot   string
}

func newBenchCommand() *cobra.Command {
	f := benchFlags{cfg: bench.Config{
		Keys: bench.Keys{Prefix: "bench:", Count: 10_000, Zipf: 0.99}, Callers: 64, Duration: 10 * time.Second, ValueBytes: 100,
	}}
	cmd := newLongCommand("bench", "GROUP", "Measure how fast a cluster answers", f.run)
	cmd.Long = benchHelp
	cmd.Example = "  p2pcache bench scores --fill --duration 5s\n" +
		"  p2pcache bench pages --keys 1000000 --zipf 1.1 --callers 256 --spread --plot times.svg\n" +
		"  p2pcache bench pages --rate 20000 --json"
	flags := cmd.Flags()
	flags.Var(parsedVar(&f.cfg.Keys.Count, "10000", "N", parseCount(bench.MaxKeys)), "keys", "how many keys there are")
	flags.StringVar(&f.cfg.Keys.Prefix, "prefix", f.cfg.Keys.Prefix, "`TEXT` that the keys begin with; a number follows")
	flags.Var(parsedVar(&f.cfg.Keys.Zipf, "0.99", "S", parseNumber(10)), "zipf", "how much more often popular keys are asked for; 0: all alike")
	flags.Var(parsedVar(&f.cfg.Callers, "64", "N", parseCount(1<<16)), "callers", "how many ask at a time")
	flags.Var(parsedVar(&f.cfg.Duration, "10s", "DURATION", parseLimit), "duration", "for how long")
	flags.Var(parsedVar(&f.cfg.Rate, "0", "N", parseNumber(1e9)), "rate", "requests a second in all; 0: as fast as they are answered")
	flags.Var(parsedVar(&f.cfg.Writes, "0", "PART", parseNumber(1)), "writes", "part of the requests that store, from 0 to 1")
	flags.Var(parsedVar(&f.cfg.ValueBytes, "100B", "SIZE", parseLength), "value-size", "size of what is stored")
	addSwitch(flags, &f.fill, "fill", "store every key first")
	addSwitch(flags, &f.spread, "spread", "ask all members in turn")
	flags.Var(parsedVar(&f.plot, "", "FILE", parsePlot), "plot", "draw the times to a .svg file")
	return cmd
}

func parsePlot(path string) (string, error) { return path, bench.CheckPlot(path) }

// parseNumber returns a parser of numbers from 0 to most.
func parseNumber(most float64) func(string) (float64, error) {
	return func(text string) (float64, error) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || n < 0 || n > most {
			return 0, fmt.Errorf("want a number from 0 to %g", most)
		}
		return n, nil
	}
}

func (f *benchFlags) run(ctx context.Context, a *asking) error {
	target, err := a.target(ctx, f.spread)
	if err != nil {
		return err
	}
	defer target.close()
	if f.fill {
		err := a.watching(int64(f.cfg.Keys.Count), "storing", func(done *atomic.Int64) error {
			return bench.Fill(ctx, f.cfg, target, done)
		})
		if err != nil {
			return fmt.Errorf("bench: fill: %w", err)
		}
	}
	var result bench.Result
	err = a.watchingTime(f.cfg.Duration, func(done *atomic.Int64) error {
		result, err = bench.Run(ctx, f.cfg, target, done)
		return err
	})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return f.report(a, result)
}

func (f *benchFlags) report(a *asking, result bench.Result) error {
	report := result.Report()
	if a.json {
		if err := a.printJSON(report); err != nil {
			return err
		}
	} else {
		report.Write(a.cmd.OutOrStdout())
	}
	if f.plot != "" {
		title := fmt.Sprintf("%s: %d callers, %.0f requests/s", a.args[0], f.cfg.Callers, report.PerSecond)
		if err := report.Plot(f.plot, title); err != nil {
			return fmt.Errorf("--plot %s: %w", f.plot, err)
		}
	}
	if result.Errors > 0 {
		return fmt.Errorf("bench: %d of %d requests failed, the first: %w", result.Errors, result.Requests, result.First)
	}
	return nil
}

// benchTarget asks members in turn. Each request has the command's time limit.
type benchTarget struct {
	group   string
	timeout time.Duration
	clients []*node.Client
	turn    atomic.Uint64
}

// target returns what bench asks: the node of --server, or all members.
func (a *asking) target(ctx context.Context, spread bool) (*benchTarget, error) {
	t := &benchTarget{group: a.args[0], timeout: a.timeout}
	if !spread {
		client, err := a.connect(a.server)
		t.clients = append(t.clients, client)
		return t, err
	}
	limited, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	ring, err := a.ring(limited, nil)
	if err != nil {
		return nil, fmt.Errorf("bench: --spread: %w", err)
	}
	for _, m := range ring.Members {
		client, err := a.connect(a.scheme() + m.HTTPAddr)
		if err != nil {
			t.close()
			return nil, err
		}
		t.clients = append(t.clients, client)
	}
	return t, nil
}

func (t *benchTarget) client() *node.Client { return t.clients[t.turn.Add(1)%uint64(len(t.clients))] }

// Get implements bench.Target.
func (t *benchTarget) Get(ctx context.Context, key string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	v, err := t.client().Get(ctx, t.group, key)
	if errors.Is(err, node.ErrNotFound) {
		return 0, bench.ErrAbsent
	}
	return len(v.Data), err
}

// Put implements bench.Target.
func (t *benchTarget) Put(ctx context.Context, key string, value []byte) error {
	ctx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	return t.client().Set(ctx, t.group, key, node.Value{Data: value})
}

func (t *benchTarget) close() {
	for _, c := range t.clients {
		c.Close()
	}
}
