package store

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	"github.com/prometheus/procfs"
	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

const (
	holdCommand = "hold"
	gcCycles    = 5

	// fullBytes is, for each entry, the budget of the row in which this project's store is full.
	fullBytes = 150
	// spareBytes is that of the row in which all entries fit.
	spareBytes = 400
)

// held is what a process that holds entries takes.
type held struct {
	Entries  int     `json:"entries"`
	Budget   int64   `json:"budget,omitempty"` // in bytes, of a cache that is full
	Resident int64   `json:"resident"`         // bytes, above what the process took before
	Live     int64   `json:"live"`             // bytes on the heap after a cycle of the collector
	MarkCPU  float64 `json:"markCPU"`          // milliseconds of marking in one cycle, over all cores
	Cycle    float64 `json:"cycle"`            // milliseconds of one forced cycle
}

// newHoldCommand returns the command that holds entries in a process of its own. It is for this program alone.
func newHoldCommand() *cobra.Command {
	var entries int
	var full bool
	cmd := &cobra.Command{
		Use: holdCommand + " KIND", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := kindNamed(args[0])
			if err != nil {
				return err
			}
			h, err := hold(kind, entries, full)
			if err != nil {
				return err
			}
			return json.NewEncoder(cmd.OutOrStdout()).Encode(h)
		},
	}
	cmd.Flags().IntVar(&entries, "entries", 0, "entries to hold")
	cmd.Flags().BoolVar(&full, "full", false, "with a budget that is full long before")
	return cmd
}

func hold(kind caches.Kind, entries int, full bool) (held, error) {
	limit, h := caches.Limit{Entries: entries}, held{}
	if kind.Name == caches.P2PCache.Name {
		limit = caches.Limit{Bytes: int64(entries) * spareBytes}
	}
	if full {
		h.Budget = int64(entries) * fullBytes
		limit = caches.Limit{Bytes: h.Budget}
	}
	before, err := resident()
	if err != nil {
		return h, err
	}
	c, err := kind.New(limit)
	if err != nil {
		return h, err
	}
	defer c.Close()
	fill(c, 0, entries)
	if full {
		fill(c, entries, entries)
	}
	h.Cycle, h.MarkCPU = collect()
	debug.FreeOSMemory()
	after, err := resident()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.Entries, h.Resident, h.Live = c.Len(), after-before, int64(m.HeapAlloc)
	return h, err
}

// collect forces some cycles of the collector, and returns the median of their times and what marking took in each, in
// milliseconds.
func collect() (cycle, mark float64) {
	runtime.GC() // the first one also sweeps up the filling
	var cycles, marks sample.Sample
	for range gcCycles {
		before, started := markCPU(), time.Now()
		runtime.GC()
		cycles = append(cycles, float64(time.Since(started))/float64(time.Millisecond))
		marks = append(marks, 1000*(markCPU()-before))
	}
	return cycles.Median(), marks.Median()
}

// markCPU is the processor time, in seconds, that the collector's marking has taken, the help of idle cores included.
func markCPU() float64 {
	times := []metrics.Sample{
		{Name: "/cpu/classes/gc/mark/assist:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/dedicated:cpu-seconds"},
		{Name: "/cpu/classes/gc/mark/idle:cpu-seconds"},
	}
	metrics.Read(times)
	sum := 0.0
	for _, t := range times {
		sum += t.Value.Float64()
	}
	return sum
}

func resident() (int64, error) {
	runtime.GC()
	debug.FreeOSMemory()
	self, err := procfs.Self()
	if err != nil {
		return 0, err
	}
	stat, err := self.Stat()
	return int64(stat.ResidentMemory()), err
}

// holdInProcess has a process of its own hold entries.
func holdInProcess(kind caches.Kind, entries int, full bool) (held, error) {
	p, err := process.StartSelf(commandName, holdCommand, kind.Name, fmt.Sprintf("--entries=%d", entries), fmt.Sprintf("--full=%v", full))
	if err != nil {
		return held{}, err
	}
	defer p.Stop()
	line, err := p.Line()
	if err != nil {
		return held{}, err
	}
	var h held
	return h, json.Unmarshal([]byte(line), &h)
}
