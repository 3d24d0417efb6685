// Package summary adds up what the members of a cluster count: for a table, or between two moments for rates.
package summary

import (
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// Line is what one member did, or all of them.
type Line struct {
	Member string  `json:"member"`
	State  string  `json:"state,omitempty"` // "serving", "draining", "silent", or why the member is not ready
	Share  float64 `json:"share"`

	// Seconds is the time in which what follows was counted; 0 where it is since each member began.
	Seconds float64 `json:"seconds"`

	// Numbers, or numbers a second.
	Gets      float64 `json:"gets"`
	Served    float64 `json:"served"`
	Loads     float64 `json:"loads"`
	Errors    float64 `json:"errors"`
	Evictions float64 `json:"evictions"`

	// HitRatio is the part of the Gets that needed no load, from 0 to 1; negative where there were none. Of one member's,
	// those that it served to peers are among the Gets.
	HitRatio float64 `json:"hit_ratio"`

	// Times of Gets; 0 where there were none.
	P50 time.Duration `json:"p50_ns"`
	P99 time.Duration `json:"p99_ns"`

	Entries  int    `json:"entries"`
	Bytes    int64  `json:"bytes"`
	MaxBytes int64  `json:"max_bytes"`
	Memory   uint64 `json:"memory_bytes"`
}

// sum is a Line before its quantiles are read.
type sum struct {
	gets, served, loads, errors, evictions uint64
	times                                  pages.Histogram
	entries                                int
	bytes, maxBytes                        int64
}

// Of returns a line for each member, and one for all, of a group or, for "", of all groups. If before is nil, what was
// counted since each member began; else what was counted since before, for each second.
func Of(now, before *pages.Cluster, group string) (members []Line, all Line) {
	was := map[string]pages.Stats{}
	seconds := 0.0
	if before != nil {
		seconds = float64(now.UnixMilli-before.UnixMilli) / 1e3
		for _, m := range before.Members {
			if m.Stats != nil {
				was[m.Name] = *m.Stats
			}
		}
	}
	var total sum
	var bounds []float64
	for _, m := range now.Members {
		line := Line{Member: m.Name, State: stateOf(m), Share: m.Share, HitRatio: -1, Seconds: seconds}
		if m.Stats != nil {
			bounds = m.Stats.BucketSeconds
			s := sumOf(*m.Stats, group)
			if before, ok := was[m.Name]; ok && before.UptimeSeconds <= m.Stats.UptimeSeconds {
				s = s.minus(sumOf(before, group))
			} else if seconds > 0 {
				s = s.minus(s) // it has just come: its rates are not known yet
			}
			line.fill(s, s.gets+s.served, bounds)
			line.Memory = m.Stats.MemoryBytes
			total = total.plus(s)
		}
		all.Memory += line.Memory
		members = append(members, line)
	}
	memory := all.Memory
	all = Line{Member: "all", Share: 1, Memory: memory, Seconds: seconds}
	all.fill(total, total.gets, bounds)
	return members, all
}

func stateOf(m pages.MemberStats) string {
	switch {
	case m.Draining:
		return "draining"
	case m.Stats == nil:
		return "silent"
	case m.Stats.State != "ready":
		return m.Stats.State
	}
	return "serving"
}

func sumOf(s pages.Stats, group string) (total sum) {
	for _, g := range s.Groups {
		if group != "" && g.Name != group {
			continue
		}
		one := sum{
			served: g.Served, loads: g.OriginLoads, errors: g.OriginErrors, evictions: g.Evictions,
			entries: g.Owned.Entries + g.Hot.Entries, bytes: g.Owned.Bytes + g.Hot.Bytes, maxBytes: g.MaxBytes,
		}
		for _, n := range g.Gets {
			one.gets += n
		}
		for _, source := range []node.Source{node.SourceLocal, node.SourceHot, node.SourcePeer, node.SourceOrigin, node.SourceStale} {
			one.times = one.times.Plus(g.GetSeconds[source])
		}
		total = total.plus(one)
	}
	return total
}

func (s sum) plus(o sum) sum {
	return sum{
		s.gets + o.gets, s.served + o.served, s.loads + o.loads, s.errors + o.errors, s.evictions + o.evictions,
		s.times.Plus(o.times), s.entries + o.entries, s.bytes + o.bytes, s.maxBytes + o.maxBytes,
	}
}

// minus takes away what was counted before; what is held is as it is now.
func (s sum) minus(o sum) sum {
	return sum{
		less(s.gets, o.gets), less(s.served, o.served), less(s.loads, o.loads), less(s.errors, o.errors), less(s.evictions, o.evictions),
		s.times.Minus(o.times), s.entries, s.bytes, s.maxBytes,
	}
}

func less(a, b uint64) uint64 {
	if b > a {
		return 0
	}
	return a - b
}

func (l *Line) fill(s sum, asked uint64, bounds []float64) {
	per := 1.0
	if l.Seconds > 0 {
		per = l.Seconds
	}
	l.Gets, l.Served, l.Loads = float64(s.gets)/per, float64(s.served)/per, float64(s.loads)/per
	l.Errors, l.Evictions = float64(s.errors)/per, float64(s.evictions)/per
	l.HitRatio = -1
	if asked > 0 {
		l.HitRatio = max(0, 1-float64(s.loads)/float64(asked))
	}
	l.P50, l.P99 = quantile(s.times, 0.5, bounds), quantile(s.times, 0.99, bounds)
	l.Entries, l.Bytes, l.MaxBytes = s.entries, s.bytes, s.maxBytes
}

func quantile(h pages.Histogram, q float64, bounds []float64) time.Duration {
	return time.Duration(h.Quantile(q, bounds) * float64(time.Second))
}
