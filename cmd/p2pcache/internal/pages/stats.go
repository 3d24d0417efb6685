package pages

import (
	"math"
	"net/http"
	runtimemetrics "runtime/metrics"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// StatsPath is the path of the page that a Stats is read from.
const StatsPath = "/debug/stats"

// Stats is the JSON of what one node counts.
type Stats struct {
	Name string `json:"name"`

	// State is "ready", or why no clients should be sent here: "starting", "joining" or "draining".
	State string `json:"state"`

	Version       string  `json:"version"`
	UptimeSeconds float64 `json:"uptime_seconds"`
	MemoryBytes   uint64  `json:"memory_bytes"` // that the process has from the system
	Goroutines    uint64  `json:"goroutines"`

	// BucketSeconds are the upper bounds of the histograms' buckets, but for the last, which has none.
	BucketSeconds []float64 `json:"bucket_seconds"`

	HandOver *HandOver `json:"hand_over,omitempty"` // none: nothing is being handed over

	Groups []GroupStats `json:"groups"` // sorted by name
}

// HandOver says how far a node is in giving entries to the members that own them now.
type HandOver struct {
	Leaving bool  `json:"leaving"` // it gives all of them
	Entries int64 `json:"entries"` // that it held at the beginning
	Seen    int64 `json:"seen"`    // of them
	Given   int64 `json:"given"`
	Bytes   int64 `json:"bytes"` // that were given
}

// GroupStats is what a node counts of one group since it made it.
type GroupStats struct {
	Name         string                    `json:"name"`
	MaxBytes     int64                     `json:"max_bytes"`
	Owned        Holding                   `json:"owned"`
	Hot          Holding                   `json:"hot"`
	Gets         map[node.Source]uint64    `json:"gets"`
	Served       uint64                    `json:"served"` // to peers
	OriginLoads  uint64                    `json:"origin_loads"`
	OriginErrors uint64                    `json:"origin_errors"`
	Evictions    uint64                    `json:"evictions"`
	GetSeconds   map[node.Source]Histogram `json:"get_seconds"`
	LoadSeconds  Histogram                 `json:"load_seconds"`
}

// Holding says how much a node holds of one kind.
type Holding struct {
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
}

// Histogram counts durations by Stats.BucketSeconds.
type Histogram struct {
	Sum     float64  `json:"sum"`     // seconds
	Buckets []uint64 `json:"buckets"` // how many are in each bucket, the last without a bound
}

// Count is the number of durations.
func (h Histogram) Count() (sum uint64) {
	for _, n := range h.Buckets {
		sum += n
	}
	return sum
}

// Quantile returns the duration in seconds below which a share q of those in h lie, as near as buckets with the upper bounds
// bounds can tell: within one, durations are taken to be spread evenly. It is 0 where there are none.
func (h Histogram) Quantile(q float64, bounds []float64) float64 {
	rank, seen, lower := q*float64(h.Count()), 0.0, 0.0
	if h.Count() == 0 {
		return 0
	}
	for i, n := range h.Buckets {
		if i >= len(bounds) {
			return lower
		}
		if next := seen + float64(n); next >= rank && n > 0 {
			return lower + (bounds[i]-lower)*(rank-seen)/float64(n)
		}
		seen, lower = seen+float64(n), bounds[i]
	}
	return 0
}

// Minus returns what h has counted since it was before.
func (h Histogram) Minus(before Histogram) Histogram {
	d := Histogram{Sum: h.Sum - before.Sum, Buckets: make([]uint64, len(h.Buckets))}
	for i, n := range h.Buckets {
		if d.Buckets[i] = n; i < len(before.Buckets) && before.Buckets[i] <= n {
			d.Buckets[i] = n - before.Buckets[i]
		}
	}
	return d
}

// Plus returns the sum of both.
func (h Histogram) Plus(other Histogram) Histogram {
	s := Histogram{Sum: h.Sum + other.Sum, Buckets: make([]uint64, max(len(h.Buckets), len(other.Buckets)))}
	for i := range s.Buckets {
		if i < len(h.Buckets) {
			s.Buckets[i] += h.Buckets[i]
		}
		if i < len(other.Buckets) {
			s.Buckets[i] += other.Buckets[i]
		}
	}
	return s
}

func (p *Pages) serveStats(n Node) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, p.stats(n)) }
}

// stats is a snapshot of n.
func (p *Pages) stats(n Node) Stats {
	version, _ := Build()
	s := Stats{
		Name: n.Self().Name, State: p.state(), Version: version,
		UptimeSeconds: math.Round(time.Since(p.started).Seconds()*10) / 10,
		Groups:        []GroupStats{},
	}
	s.MemoryBytes, s.Goroutines = process()
	now := n.Stats()
	if h := now.HandOver; h.Running {
		s.HandOver = &HandOver{Leaving: h.Leaving, Entries: h.Entries, Seen: h.Seen, Given: h.Given, Bytes: h.Bytes}
	}
	for _, g := range now.Groups {
		s.Groups = append(s.Groups, groupStats(g))
		if len(s.BucketSeconds) == 0 {
			s.BucketSeconds = bounds(g.OriginLoadSeconds)
		}
	}
	return s
}

func groupStats(g node.GroupStats) GroupStats {
	s := GroupStats{
		Name: g.Name, MaxBytes: g.MaxBytes, Owned: Holding(g.Owned), Hot: Holding(g.Hot),
		Gets: g.Gets, Served: g.Served, OriginLoads: g.OriginLoads, OriginErrors: g.OriginErrors, Evictions: g.Evictions,
		GetSeconds: make(map[node.Source]Histogram, len(g.GetSeconds)), LoadSeconds: histogram(g.OriginLoadSeconds),
	}
	for source, h := range g.GetSeconds {
		s.GetSeconds[source] = histogram(h)
	}
	return s
}

// histogram turns counts up to a bound into counts of each bucket.
func histogram(h node.Histogram) Histogram {
	to := Histogram{Sum: h.Sum.Seconds(), Buckets: make([]uint64, 0, len(h.Buckets)+1)}
	var below uint64
	for _, b := range h.Buckets {
		to.Buckets = append(to.Buckets, b.Count-below)
		below = b.Count
	}
	return Histogram{Sum: to.Sum, Buckets: append(to.Buckets, h.Count-below)}
}

func bounds(h node.Histogram) []float64 {
	all := make([]float64, len(h.Buckets))
	for i, b := range h.Buckets {
		all[i] = b.UpTo.Seconds()
	}
	return all
}

// process returns the memory that this process has from the system, and its goroutines.
func process() (memory, goroutines uint64) {
	samples := []runtimemetrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}, {Name: "/sched/goroutines:goroutines"},
	}
	runtimemetrics.Read(samples)
	return samples[0].Value.Uint64() - samples[1].Value.Uint64(), samples[2].Value.Uint64()
}
