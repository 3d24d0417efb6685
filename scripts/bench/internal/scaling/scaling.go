// Package scaling measures how throughput, latency and origin loads change with the number of processes.
package scaling

import (
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/origin"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

const (
	keys        = 20_000
	valueLength = 100
	callers     = 8 // in each process
	skew        = 1.01
	originDelay = time.Millisecond
)

var processCounts = []int{1, 2, 3, 5, 8}

// figures are those of one kind of peers at one number of processes.
type figures struct {
	rate     sample.Sample // gets a second of all processes
	p50, p99 sample.Sample // microseconds, of the slowest process
	loads    sample.Sample // of a key that was asked for
}

// measure starts a cluster, has it load all keys, runs the load once to fill copies of hot keys, and then measures.
func (f *figures) measure(kind string, processes int, span time.Duration) error {
	c, err := origin.StartCluster(kind, processes, originDelay)
	if err != nil {
		return err
	}
	defer c.Stop()
	cluster := c.Workers
	if err := warm(cluster); err != nil {
		return err
	}
	if _, err := put(cluster, span); err != nil {
		return err
	}
	results, err := put(cluster, span)
	if err != nil {
		return err
	}
	f.add(results, c.Origin)
	return nil
}

// warm has each process get a share of the keys.
func warm(cluster worker.Cluster) error {
	return cluster.Each(func(i int, w *worker.Worker) error {
		var share []string
		for k := i; k < keys; k += len(cluster) {
			share = append(share, worker.Key(valueLength, k))
		}
		return w.Warm(share)
	})
}

// put puts a load on each of the processes at once.
func put(cluster worker.Cluster, span time.Duration) ([]load.Result, error) {
	results := make([]load.Result, len(cluster))
	return results, cluster.Each(func(i int, w *worker.Worker) (err error) {
		results[i], err = w.Load(worker.Load{Callers: callers, Span: span, Length: valueLength, Keys: keys, Skew: skew, Seed: uint64(i)})
		if err == nil && results[i].Errors > 0 {
			err = fmt.Errorf("%d gets failed: %s", results[i].Errors, results[i].Error)
		}
		return err
	})
}

func (f *figures) add(results []load.Result, from *origin.Origin) {
	rate, p50, p99 := 0.0, time.Duration(0), time.Duration(0)
	for _, r := range results {
		rate += r.Rate()
		p50, p99 = max(p50, r.P50), max(p99, r.P99)
	}
	f.rate = append(f.rate, rate)
	f.p50 = append(f.p50, float64(p50)/float64(time.Microsecond))
	f.p99 = append(f.p99, float64(p99)/float64(time.Microsecond))
	loads, asked := from.All()
	f.loads = append(f.loads, float64(loads)/float64(max(asked, 1)))
}
