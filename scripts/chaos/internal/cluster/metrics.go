//go:build linux

package cluster

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// Metrics are a node's, by name.
type Metrics map[string]*dto.MetricFamily

// Metrics reads the node's metrics.
func (n *Node) Metrics(ctx context.Context) (Metrics, error) {
	page, err := n.page(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(bytes.NewReader(page))
}

// Sum adds up what a metric counts, over those of its series whose labels are as given.
func (m Metrics) Sum(name string, labels map[string]string) float64 {
	sum := 0.0
	for _, series := range m[name].GetMetric() {
		if matches(series.GetLabel(), labels) {
			sum += series.GetCounter().GetValue() + series.GetGauge().GetValue()
		}
	}
	return sum
}

func matches(have []*dto.LabelPair, want map[string]string) bool {
	found := 0
	for _, l := range have {
		if value, ok := want[l.GetName()]; ok && value == l.GetValue() {
			found++
		}
	}
	return found == len(want)
}

// Look reads what the node says of itself and what the system says of its process.
func (n *Node) Look(ctx context.Context) (timeline.Look, error) {
	m, err := n.Metrics(ctx)
	if err != nil {
		return timeline.Look{}, err
	}
	return timeline.Look{
		Node:       n.Name,
		Members:    int(m.Sum("p2pcache_members", nil)),
		RingHash:   uint64(m.Sum("p2pcache_ring_hash", nil)),
		Goroutines: int(m.Sum("go_goroutines", nil)),
		Heap:       int64(m.Sum("go_memstats_heap_inuse_bytes", nil)),
		Files:      openFiles(n.PID()),
		Resident:   residentBytes(n.PID()),
	}, nil
}

// openFiles counts a process's descriptors; 0 if it is gone.
func openFiles(pid int) int {
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return 0
	}
	return len(files)
}

// residentBytes is the memory that a process takes; 0 if it is gone.
func residentBytes(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	pages, err := strconv.ParseInt(strings.Fields(string(text))[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
