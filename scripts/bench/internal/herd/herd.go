// Package herd measures how often an origin is asked when many callers in several processes get one cold key at once.
package herd

import (
	"fmt"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/origin"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

const (
	processes   = 3
	callers     = 64 // in each
	originDelay = 50 * time.Millisecond
	keysEach    = 20 // of a round, with all alive
	keysDead    = 5  // of a round, after one was killed
	valueLength = 100
)

// figures are what came of herds.
type figures struct {
	loads   sample.Sample // of a key
	slowest sample.Sample // milliseconds until the last caller of a key had its value
	errors  uint64
}

// round starts a cluster and sends herds: first with all alive, then with one dead, for keys that were the dead one's.
func round(kind string, alive, dead *figures) error {
	c, err := origin.StartCluster(kind, processes, originDelay)
	if err != nil {
		return err
	}
	defer c.Stop()
	cluster, from := c.Workers, c.Origin
	for i := range keysEach {
		if err := alive.herd(cluster, from, worker.Key(valueLength, i)); err != nil {
			return err
		}
	}
	owned, err := cluster[0].Owned(freshKeys())
	if err != nil {
		return err
	}
	if len(owned) < keysDead {
		return fmt.Errorf("one of %d processes owns %d of many keys", processes, len(owned))
	}
	cluster[0].Kill()
	for _, key := range owned[:keysDead] {
		if err := dead.herd(cluster[1:], from, key); err != nil {
			return err
		}
	}
	return nil
}

// freshKeys are keys that no herd has asked for.
func freshKeys() []string {
	keys := make([]string, 20*keysDead)
	for i := range keys {
		keys[i] = worker.Key(valueLength, keysEach+i)
	}
	return keys
}

// herd has all callers of all processes get a key.
func (f *figures) herd(cluster worker.Cluster, from *origin.Origin, key string) error {
	slowest := make(sample.Sample, len(cluster))
	failed := make([]uint64, len(cluster))
	err := cluster.Each(func(i int, w *worker.Worker) error {
		r, err := w.Herd(worker.Herd{Key: key, Callers: callers})
		slowest[i], failed[i] = float64(r.Max)/float64(time.Millisecond), r.Errors
		return err
	})
	if err != nil {
		return err
	}
	f.loads = append(f.loads, float64(from.Loads(key)))
	f.slowest = append(f.slowest, slowest.Max())
	for _, n := range failed {
		f.errors += n
	}
	return nil
}
