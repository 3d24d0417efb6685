package origin

import (
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

// cacheBytes is room for all that is loaded, in each process.
const cacheBytes = 64 << 20

// Cluster is processes that load from an origin of their own, and keep copies of hot keys.
type Cluster struct {
	Origin  *Origin
	Workers worker.Cluster
}

// StartCluster starts so many processes of a kind of peers, which know each other, and an origin that takes so long for an answer.
func StartCluster(kind string, processes int, delay time.Duration) (*Cluster, error) {
	o, err := Start(delay)
	if err != nil {
		return nil, err
	}
	workers, err := worker.StartCluster(processes, worker.Spec{Kind: kind, Origin: o.URL(), CacheBytes: cacheBytes, HotCopies: true})
	if err != nil {
		o.Close()
		return nil, err
	}
	return &Cluster{o, workers}, nil
}

// Stop ends all.
func (c *Cluster) Stop() {
	c.Workers.Stop()
	c.Origin.Close()
}
