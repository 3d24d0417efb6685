// Package load asks a cluster for keys over plain HTTP at a steady rate, whatever becomes of earlier questions, and judges
// every answer.
package load

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

// Target is a node that is asked for as long as its context lives. What is under way when that ends is lost, as a client loses
// what it asked of a process that died, and is no error.
type Target struct {
	Name  string
	Base  string // URL of the group, with a slash at its end
	Alive context.Context
}

// Config says what is asked. The first Counted keys are only read, by Zipf's law; the Written ones after them are written too.
// Further keys are left alone.
type Config struct {
	Truth    *truth.Truth
	Timeline *timeline.Timeline
	Seed     uint64
	Rate     int // Gets a second
	Writes   int // writes a second; 0: none
	Counted  int
	Written  int
	Share    int           // Gets of a hundred that ask for written keys, each as likely as the other
	Life     time.Duration // of what is written, in whole seconds; 0: until it is removed
	Deadline time.Duration // of a Get; beyond it, it has failed
	TLS      *tls.Config   // nil: plain HTTP
}

const (
	// skew is the exponent of Zipf's law.
	skew = 1.1
	// tickEvery is how often the Gets that are due are sent.
	tickEvery = time.Millisecond
	// maxUnderWay bounds the Gets under way: beyond it, the machine is too busy, or everything stands still, and those that are
	// due are left out. It is more than a cluster that stands still for two attempts makes pile up.
	maxUnderWay = 2000
	// maxConns is kept to each node: as many Gets as may be under way in a stall, or each would connect anew.
	maxConns = 1024
)

// Load is the running load. It is safe for concurrent use.
type Load struct {
	cfg     Config
	client  *http.Client
	targets atomic.Pointer[[]Target]
	asked   []atomic.Bool // by key, since Mark
	trusted atomic.Bool   // a write that was confirmed holds everywhere
	excused atomic.Int64  // Unix time in ns until which failures are excused
	slots   chan struct{} // of Gets under way
	skipped atomic.Int64
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// New returns a load that has not begun.
func New(cfg Config) *Load {
	pool := &http.Transport{MaxIdleConnsPerHost: maxConns, DisableCompression: true, IdleConnTimeout: time.Minute, TLSClientConfig: cfg.TLS}
	l := &Load{cfg: cfg, client: &http.Client{Transport: pool}, asked: make([]atomic.Bool, cfg.Truth.Keys()), slots: make(chan struct{}, maxUnderWay)}
	l.trusted.Store(true)
	l.targets.Store(&[]Target{})
	return l
}

// Aim replaces the nodes that are asked.
func (l *Load) Aim(targets []Target) { l.targets.Store(&targets) }

// Trust says whether a write that the cluster confirmed is taken to hold on each node that is asked, as it is from the start.
// While the cluster is cut in two it need not: a member that was not reached is not a member any more.
func (l *Load) Trust(confirmed bool) { l.trusted.Store(confirmed) }

// excuseGrace is how long after an excuse's end a Get may fail still: it may have joined a load from before.
const excuseGrace = time.Second

// Excuse says whether a Get that fails from now on is no error, because the origin is down.
func (l *Load) Excuse(yes bool) {
	until := time.Now().Add(excuseGrace)
	if yes {
		until = time.Now().Add(24 * time.Hour)
	}
	l.excused.Store(until.UnixNano())
}

// Mark begins to note anew which keys are asked for.
func (l *Load) Mark() {
	for i := range l.asked {
		l.asked[i].Store(false)
	}
}

// Asked reports whether key i was asked for since Mark.
func (l *Load) Asked(i int) bool { return l.asked[i].Load() }

// Start begins to ask, until Stop.
func (l *Load) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel = cancel
	l.running.Go(func() { l.send(ctx) })
	if l.cfg.Writes > 0 {
		l.startWriters(ctx)
	}
}

// Stop sends no more and waits for what is under way.
func (l *Load) Stop() {
	if l.cancel != nil {
		l.cancel()
	}
	l.running.Wait()
	l.client.CloseIdleConnections()
}

func (l *Load) send(ctx context.Context) {
	chance := rand.New(rand.NewPCG(l.cfg.Seed, 1))
	zipf := rand.NewZipf(chance, skew, 1, uint64(l.cfg.Counted-1))
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	began, sent := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for due := int(time.Since(began).Seconds() * float64(l.cfg.Rate)); sent < due; sent++ {
			i := int(zipf.Uint64())
			if l.cfg.Written > 0 && chance.IntN(100) < l.cfg.Share {
				i = l.cfg.Counted + chance.IntN(l.cfg.Written)
			}
			if target, ok := l.pick(chance); ok {
				l.launch(target, i)
			}
		}
	}
}

// launch asks in the background.
func (l *Load) launch(target Target, i int) {
	select {
	case l.slots <- struct{}{}:
	default:
		l.skipped.Add(1)
		return
	}
	l.running.Go(func() {
		defer func() { <-l.slots }()
		l.get(target, i)
	})
}

// Skipped returns how many Gets were due and not sent, because too many were under way.
func (l *Load) Skipped() int64 { return l.skipped.Load() }

// pick returns one of the nodes; false if there is none.
func (l *Load) pick(chance *rand.Rand) (Target, bool) {
	targets := *l.targets.Load()
	if len(targets) == 0 {
		return Target{}, false
	}
	return targets[chance.IntN(len(targets))], true
}

// Targets returns the nodes that are asked.
func (l *Load) Targets() []Target { return *l.targets.Load() }

// Get asks one node for key i, besides the load. It is judged and recorded as well.
func (l *Load) Get(ctx context.Context, from Target, i int) error {
	began := time.Now()
	outcome, err := l.ask(ctx, from, i)
	if from.Alive.Err() != nil || outcome == timeline.Failed && began.UnixNano() < l.excused.Load() {
		outcome = timeline.Lost
	}
	l.cfg.Timeline.AddGet(began, outcome)
	if outcome == timeline.Failed || outcome == timeline.Wrong {
		took := time.Since(began).Round(time.Millisecond)
		l.cfg.Timeline.Complain(fmt.Sprintf("%s: key %s after %v: %v", from.Name, truth.Key(i), took, err))
	}
	return err
}

// ask asks one node for key i and judges the answer.
func (l *Load) ask(ctx context.Context, from Target, i int) (timeline.Outcome, error) {
	l.asked[i].Store(true)
	question := l.cfg.Truth.Ask(i)
	value, err := l.fetch(ctx, from, i)
	if err != nil {
		return timeline.Failed, err
	}
	if err := question.Judge(value); err != nil {
		return timeline.Wrong, err
	}
	return timeline.Served, nil
}

func (l *Load) get(from Target, i int) {
	ctx, cancel := context.WithTimeout(from.Alive, l.cfg.Deadline)
	defer cancel()
	_ = l.Get(ctx, from, i) // is recorded
}
