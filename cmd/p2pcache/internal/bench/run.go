package bench

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What histograms tell apart: from a microsecond to ten minutes, to three digits.
const (
	shortest = int64(time.Microsecond)
	longest  = int64(10 * time.Minute)
	digits   = 3
)

// ErrAbsent is what Target.Get returns for a key that there is not: counted, and no failure.
var ErrAbsent = errors.New("no such key")

// Target is what is measured. It is safe for concurrent use.
type Target interface {
	Get(ctx context.Context, key string) (valueBytes int, err error)
	Put(ctx context.Context, key string, value []byte) error
}

// Config says what is asked, by how many, and for how long.
type Config struct {
	Keys     Keys
	Callers  int           // at least 1
	Duration time.Duration // more than 0

	// Rate is the number of requests a second, of all callers together. Times are then counted from when a request was due,
	// so that those that had to wait for a slow one before them count as slow too. If 0, each caller asks as soon as it has
	// its answer.
	Rate float64

	// Writes is the part of the requests that store a value of ValueBytes, from 0 to 1.
	Writes     float64
	ValueBytes int
}

// Result is what came of it.
type Result struct {
	Took     time.Duration
	Requests int64                   // answered, failed ones included
	Writes   int64                   // of them, those that stored
	Absent   int64                   // of them, those for keys that there are not
	Errors   int64                   // of them, those that failed
	Bytes    int64                   // of all values got
	Times    *hdrhistogram.Histogram // of those that did not fail, in nanoseconds
	First    error                   // the first failure
}

// run is a measurement under way.
type run struct {
	cfg    Config
	target Target
	keys   popularity
	value  []byte
	began  time.Time
	done   *atomic.Int64 // requests so far, for who watches

	mu     sync.Mutex
	result Result // guarded by mu
}

// Run measures target until the time is over or ctx ends, and counts in done, for whoever watches, how many requests were
// answered.
func Run(ctx context.Context, cfg Config, target Target, done *atomic.Int64) (Result, error) {
	if err := cfg.Keys.validate(); err != nil {
		return Result{}, err
	}
	r := &run{cfg: cfg, target: target, keys: cfg.Keys.popularity(), value: randomValue(cfg.ValueBytes), done: done}
	r.result.Times = hdrhistogram.New(shortest, longest, digits)
	r.began = time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// No deadline, of which target would tell who answers, who could be the first to find that it has passed.
	defer time.AfterFunc(cfg.Duration, cancel).Stop()
	var callers sync.WaitGroup
	for i := range cfg.Callers {
		callers.Go(func() { r.call(ctx, i) })
	}
	callers.Wait()
	r.result.Took = time.Since(r.began)
	return r.result, nil
}

func randomValue(n int) []byte {
	value := make([]byte, n)
	for i := range value {
		value[i] = byte(rand.Uint32())
	}
	return value
}

// call is the work of the caller with number i.
func (r *run) call(ctx context.Context, i int) {
	own := Result{Times: hdrhistogram.New(shortest, longest, digits)}
	defer func() { r.add(own) }()
	random := rand.New(rand.NewPCG(uint64(i), rand.Uint64()))
	keys := picker{keys: r.cfg.Keys, p: r.keys, rand: random}
	due := r.began.Add(time.Duration(float64(i) * r.spacing() / float64(r.cfg.Callers)))
	for ctx.Err() == nil {
		start := time.Now()
		if r.cfg.Rate > 0 {
			if !sleepUntil(ctx, due) {
				return
			}
			start, due = due, due.Add(time.Duration(r.spacing()))
		}
		write := r.cfg.Writes > 0 && random.Float64() < r.cfg.Writes
		n, err := r.request(ctx, write, keys.next())
		if ctx.Err() != nil {
			return // cut short
		}
		own.count(time.Since(start), n, write, err)
		r.done.Add(1)
	}
}

// spacing is the time in nanoseconds from one caller's request to its next, where there is a rate.
func (r *run) spacing() float64 {
	if r.cfg.Rate == 0 {
		return 0
	}
	return float64(time.Second) * float64(r.cfg.Callers) / r.cfg.Rate
}

func sleepUntil(ctx context.Context, due time.Time) bool {
	wait := time.Until(due)
	if wait <= 0 {
		return true
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *run) request(ctx context.Context, write bool, key string) (int, error) {
	if write {
		return 0, r.target.Put(ctx, key, r.value)
	}
	return r.target.Get(ctx, key)
}

// count notes one answer.
func (r *Result) count(took time.Duration, bytes int, write bool, err error) {
	r.Requests++
	if write {
		r.Writes++
	}
	switch {
	case errors.Is(err, ErrAbsent):
		r.Absent++
	case err != nil:
		r.Errors++
		if r.First == nil {
			r.First = err
		}
		return
	}
	r.Bytes += int64(bytes)
	_ = r.Times.RecordValue(min(max(int64(took), shortest), longest)) // which is within what it takes
}

func (r *run) add(own Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.result.Requests += own.Requests
	r.result.Writes += own.Writes
	r.result.Absent += own.Absent
	r.result.Errors += own.Errors
	r.result.Bytes += own.Bytes
	r.result.Times.Merge(own.Times)
	if r.result.First == nil {
		r.result.First = own.First
	}
}
