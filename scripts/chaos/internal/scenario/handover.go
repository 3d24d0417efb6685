//go:build linux

package scenario

import (
	"fmt"
	"strconv"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

func handOvers() []Scenario {
	return []Scenario{
		{Name: "handover", About: "a node that holds nearly all of 1GiB leaves, and two others take it: errors 0; p99 at most 2 × steady meanwhile; at most 0.02 loads per key; the rate in MB/s",
			Nodes: 3, memory: "2GiB", size: handOverSize, keys: handOverBytes / handOverSize, heavy: 100, steady: comparedSteady, run: handOver},
	}
}

const (
	handOverBytes = 1 << 30
	handOverSize  = 64 << 10
)

// handOver makes the heavy node leave.
func handOver(r *Run) error {
	leaving := r.cluster.Nodes()[0]
	moved, err := r.owned(leaving.Name)
	if err != nil {
		return err
	}
	r.fault(fmt.Sprintf("SIGTERM %s, which holds %d keys of %d bytes", leaving.Name, len(moved), handOverSize))
	began := r.timeline.Now()
	if code := leaving.Terminate(); code != 0 {
		return fmt.Errorf("%s: exit code %d", leaving.Name, code)
	}
	took := r.timeline.Now() - began
	p99 := timeline.Summarize(r.timeline.Gets(began, began+took)).P99
	if err := r.agree(10 * time.Second); err != nil {
		return err
	}
	r.note("MB/s", float64(len(moved))*handOverSize/1e6/took.Seconds())
	r.within("p99 meanwhile", p99, 2*r.result.Steady.P99)
	r.goOn()
	return r.countMoved(moved, 0.02)
}

// weigh gives the first node more than the others.
func (r *Run) weigh() {
	if r.scenario.heavy > 0 {
		r.cluster.Nodes()[0].Flags = []string{"--weight", strconv.Itoa(r.scenario.heavy)}
	}
}
