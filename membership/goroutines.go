package membership

import (
	"bytes"
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

// settleTime is added to the longest that a goroutine of memberlist may take to end.
const settleTime = time.Second

// profilerLabel is the key of the label, seen in CPU profiles too, that memberlist's goroutines carry.
const profilerLabel = "p2pcache_membership"

// goroutines are those that memberlist starts for one cluster. Its Shutdown does not wait for them, and nothing else
// tells when they have ended. So they carry a profiler label, which goroutines inherit from those that start them, and
// are looked for in the goroutine profile.
type goroutines struct {
	label   string // differs between clusters
	slowest time.Duration
}

// newGoroutines returns those of a member yet to be started. The slowest of them is a probe of a member that does not
// answer.
func newGoroutines(p Profile) goroutines {
	return goroutines{label: strconv.FormatUint(rand.Uint64(), 16), slowest: healthMult * p.ProbeInterval}
}

// of runs start, and labels the goroutines that it starts. The caller keeps its own labels.
func (g goroutines) of(start func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		pprof.Do(context.Background(), pprof.Labels(profilerLabel, g.label), func(context.Context) { start() })
	})
	wg.Wait()
}

// wait returns once they have all ended, as those of a member that is shut down do by themselves. Mostly that is within
// a millisecond; only a probe that waits for an answer takes longer.
func (g goroutines) wait() {
	deadline := time.Now().Add(g.slowest + settleTime)
	for pause := time.Millisecond; g.running() && time.Now().Before(deadline); pause = min(2*pause, 20*time.Millisecond) {
		time.Sleep(pause)
	}
}

func (g goroutines) running() bool {
	var profile bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&profile, 1) // a buffer takes every write
	return bytes.Contains(profile.Bytes(), []byte(strconv.Quote(profilerLabel)+":"+strconv.Quote(g.label)))
}
