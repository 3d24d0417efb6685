package node

import (
	"sync/atomic"
	"time"
)

// Histogram counts durations.
type Histogram struct {
	Count   uint64
	Sum     time.Duration
	Buckets []Bucket // ascending
}

// Bucket is the number of durations up to and including a bound.
type Bucket struct {
	UpTo  time.Duration
	Count uint64
}

// bucketBounds are the upper bounds of the histograms: three to each decade, from below a hit in memory to the longest
// load by default.
var bucketBounds = [...]time.Duration{
	100, 250, 500,
	1 * time.Microsecond, 2500, 5 * time.Microsecond,
	10 * time.Microsecond, 25 * time.Microsecond, 50 * time.Microsecond,
	100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	1 * time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	1 * time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// histogram counts durations in buckets. The last bucket has no bound.
type histogram struct {
	counts [len(bucketBounds) + 1]atomic.Uint64
	sum    atomic.Int64 // ns
}

// observe counts a duration weight times.
func (h *histogram) observe(d time.Duration, weight uint64) {
	i := 0
	for i < len(bucketBounds) && d > bucketBounds[i] {
		i++
	}
	h.counts[i].Add(weight)
	h.sum.Add(int64(d) * int64(weight))
}

// snapshot returns the cumulative counts.
func (h *histogram) snapshot() Histogram {
	s := Histogram{Sum: time.Duration(h.sum.Load()), Buckets: make([]Bucket, len(bucketBounds))}
	for i := range bucketBounds {
		s.Count += h.counts[i].Load()
		s.Buckets[i] = Bucket{UpTo: bucketBounds[i], Count: s.Count}
	}
	s.Count += h.counts[len(bucketBounds)].Load()
	return s
}
