package local

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
)

const (
	skew  = 1.01    // of Zipf's law, by which keys are asked for
	drawn = 1 << 18 // keys that a caller asks for, over and over
	batch = 256     // gets between looks at the clock
)

// question asks a process that holds the keys for a measurement.
type question struct {
	Callers int           `json:"callers"`
	Span    time.Duration `json:"span"`

	// Profile asks for a profile, which is kept in the file if one is named.
	Profile bool   `json:"profile,omitempty"`
	File    string `json:"file,omitempty"`
}

// answer is what came of it.
type answer struct {
	Nanos   float64 `json:"nanos"`   // from one get to the next, of all callers together
	CPU     float64 `json:"cpu"`     // nanoseconds of processor a get, the collector's included
	Mallocs float64 `json:"mallocs"` // a get
	Missed  float64 `json:"missed"`  // share of the gets
	Gets    float64 `json:"gets"`

	Profile *profile.Profile `json:"profile,omitempty"`
}

// measure measures, and takes a profile if that is asked for.
func (q question) measure(ctx context.Context, get get, sequences [][]string) (a answer, err error) {
	if !q.Profile {
		return measure(ctx, get, sequences, q.Span), nil
	}
	p, err := profile.Take(q.File, func() float64 {
		a = measure(ctx, get, sequences, q.Span)
		return a.Gets
	})
	a.Profile = &p
	return a, err
}

// draw gives each caller the keys that it asks for.
func draw(keys []string, callers int) [][]string {
	sequences := make([][]string, callers)
	for i := range sequences {
		zipf := rand.NewZipf(rand.New(rand.NewPCG(7, uint64(i))), skew, 1, uint64(len(keys)-1))
		order := rand.New(rand.NewPCG(8, 9)).Perm(len(keys)) // the same for all callers
		sequences[i] = make([]string, drawn)
		for j := range sequences[i] {
			sequences[i][j] = keys[order[zipf.Uint64()]]
		}
	}
	return sequences
}

// measure has callers get their keys for a span.
func measure(ctx context.Context, get get, sequences [][]string, span time.Duration) answer {
	var over atomic.Bool
	var gets, misses atomic.Uint64
	var callers sync.WaitGroup
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, started := process.OwnCPU(), time.Now()
	time.AfterFunc(span, func() { over.Store(true) })
	for _, keys := range sequences {
		callers.Go(func() {
			done, missed := 0, 0
			for ; !over.Load(); done += batch {
				for i := done; i < done+batch; i++ {
					if !get(ctx, keys[i&(drawn-1)]) {
						missed++
					}
				}
			}
			gets.Add(uint64(done))
			misses.Add(uint64(missed))
		})
	}
	callers.Wait()
	elapsed := time.Since(started)
	cpu = process.OwnCPU() - cpu
	runtime.ReadMemStats(&after)
	all := float64(gets.Load())
	return answer{
		Nanos: float64(elapsed) / all, CPU: float64(cpu) / all, Mallocs: float64(after.Mallocs-before.Mallocs) / all,
		Missed: float64(misses.Load()) / all, Gets: all,
	}
}
