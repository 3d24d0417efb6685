package store

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/caches"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/profile"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

const (
	rateCommand = "rate"

	rateEntries = 100_000
	skew        = 1.01    // of Zipf's law, by which keys are asked for
	drawn       = 1 << 18 // keys that callers ask for, over and over
	storeOneIn  = 10      // of the mixed load
	batch       = 256     // operations between looks at the clock
)

// The kinds of load.
const (
	getLoad   = "Get"
	mixedLoad = "90 % Get, 10 % Set"
	storeLoad = "Set of new keys into a full cache"
)

var (
	loadNames    = []string{getLoad, mixedLoad, storeLoad}
	callerCounts = []int{1, 2}
)

// rates are what one contender does in a second, by the kind of load and the number of callers.
type rates map[string][]sample.Sample

// question asks the process of a contender for a measurement.
type question struct {
	Load    string        `json:"load"`
	Callers int           `json:"callers"`
	Span    time.Duration `json:"span"`

	// Profile asks for a profile, which is kept in the file if one is named.
	Profile bool   `json:"profile,omitempty"`
	File    string `json:"file,omitempty"`
}

// answer is what came of it.
type answer struct {
	Rate    float64          `json:"rate"` // operations a second
	Profile *profile.Profile `json:"profile,omitempty"`
}

// newRateCommand returns the command of the process in which one contender is measured, alone with its garbage. It is for this
// program alone.
func newRateCommand() *cobra.Command {
	return &cobra.Command{
		Use: rateCommand + " KIND", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, err := kindNamed(args[0])
			if err != nil {
				return err
			}
			s, err := newSubject(kind)
			if err != nil {
				return err
			}
			return process.Answer(cmd.InOrStdin(), cmd.OutOrStdout(), s.measure)
		},
	}
}

// subject is a cache that is measured.
type subject struct {
	cache caches.Cache
	keys  []string // as they are asked for
	value []byte
	fresh int // number of the next new key
}

// newSubject makes a cache with room for twice the keys that are asked for, and fills it up.
func newSubject(kind caches.Kind) (*subject, error) {
	c, err := holding(kind, 2*rateEntries)
	if err != nil {
		return nil, err
	}
	random := rand.New(rand.NewPCG(11, 12))
	zipf, order := rand.NewZipf(random, skew, 1, rateEntries-1), random.Perm(rateEntries)
	s := &subject{cache: c, keys: make([]string, drawn), value: make([]byte, valueLength), fresh: 100 * rateEntries}
	for i := range s.keys {
		s.keys[i] = keyName(order[zipf.Uint64()])
	}
	return s, nil
}

// measure carries out a load, and takes a profile of it if that is asked for.
func (s *subject) measure(q question) (answer, error) {
	if q.Load != storeLoad {
		fill(s.cache, 0, rateEntries)
	}
	if !q.Profile {
		return answer{Rate: operate(q.Callers, q.Span, s.caller(q.Load))}, nil
	}
	p, err := profile.Take(q.File, func() float64 {
		return operate(q.Callers, q.Span, s.caller(q.Load)) * q.Span.Seconds()
	})
	return answer{Profile: &p}, err
}

// caller returns what gives each caller what it calls under a kind of load.
func (s *subject) caller(load string) func(caller int) func(i int) {
	return func(caller int) func(i int) {
		switch load {
		case getLoad:
			return s.get(caller)
		case mixedLoad:
			return s.mixed(caller)
		default:
			return s.store()
		}
	}
}

// key is the i-th that a caller asks for: callers begin at different places.
func (s *subject) key(caller, i int) string { return s.keys[(i+caller*drawn/2)&(drawn-1)] }

func (s *subject) get(caller int) func(int) {
	return func(i int) { s.cache.Get(s.key(caller, i)) }
}

func (s *subject) mixed(caller int) func(int) {
	return func(i int) {
		if i%storeOneIn == 0 {
			s.cache.Set(s.key(caller, i), s.value)
		} else {
			s.cache.Get(s.key(caller, i))
		}
	}
}

// store gives each caller new keys that no one has set before.
func (s *subject) store() func(int) {
	const enough = 1 << 32 // for one measurement
	from := s.fresh
	s.fresh += enough
	return func(i int) { s.cache.Set(keyName(from+i), make([]byte, valueLength)) }
}

// operate returns the operations a second of so many callers. Each calls what caller returns, with 0, 1, 2 and so on.
func operate(callers int, span time.Duration, caller func(int) func(i int)) float64 {
	var over atomic.Bool
	var all atomic.Int64
	var running sync.WaitGroup
	started := time.Now()
	time.AfterFunc(span, func() { over.Store(true) })
	for n := range callers {
		do := caller(n)
		running.Go(func() {
			done := 0
			for ; !over.Load(); done += batch {
				for i := done; i < done+batch; i++ {
					do(i)
				}
			}
			all.Add(int64(done))
		})
	}
	running.Wait()
	return float64(all.Load()) / time.Since(started).Seconds()
}

// measureRates measures the contenders beside each other.
func measureRates(rounds int, span time.Duration) (map[string]rates, error) {
	found, processes := make(map[string]rates), make([]*process.Process, len(kinds))
	for i, kind := range kinds {
		p, err := process.StartSelf(commandName, rateCommand, kind.Name)
		if err != nil {
			return nil, err
		}
		defer p.Stop()
		processes[i], found[kind.Name] = p, make(rates)
		for _, load := range loadNames {
			found[kind.Name][load] = make([]sample.Sample, len(callerCounts))
		}
	}
	for _, load := range loadNames {
		for n, callers := range callerCounts {
			err := sample.Interleave(rounds, len(kinds), func(i int) error {
				var a answer
				if err := processes[i].AskJSON(question{Load: load, Callers: callers, Span: span}, &a); err != nil {
					return fmt.Errorf("%s: %w", kinds[i].Name, err)
				}
				s := &found[kinds[i].Name][load][n]
				*s = append(*s, a.Rate)
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}
