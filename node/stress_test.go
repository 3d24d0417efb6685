package node_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

var (
	stressFor  = flag.Duration("stress", 4*time.Second, "how long TestStress runs")
	stressSeed = flag.Uint64("seed", 1, "the seed of TestStress, which fixes its configurations and its choices, not its schedule")
)

const (
	stressNodes   = 5
	stressReaders = 3 // of each node
	stressWriters = 8
	stressKeys    = 24 // of each group

	// overshoot is how much later than its deadline a Get may return, beside what a busy machine does to this process: how late its
	// timers are, for each of the goroutines that must run one after the other. In bubbles Gets are in time to the microsecond.
	overshoot = 50 * time.Millisecond
	inTurn    = 16
)

// TestStress reads and writes through five nodes whose rings change at random, over connections that stall and break, from an
// origin that is slow, fails, panics and never returns, and checks each reply.
//
//	go test -race -run 'TestStress$' -timeout 0 ./node -stress 5m -seed 7
func TestStress(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("run", func(t *testing.T) { // its end closes the nodes
		s := newStress(t, *stressSeed)
		s.run(*stressFor)
		s.settle()
		if late, allowed := s.getLate.get(), overshoot+inTurn*s.timerLate.get(); late > allowed {
			t.Errorf("a Get returned %v after its deadline, when timers were at most %v late", late, s.timerLate.get())
		}
		t.Logf("seed %d: %s", *stressSeed, s.summary())
	})
	waitFor(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
}

// stress is one run. What is random is drawn from generators that its seed fixes.
type stress struct {
	t       testing.TB
	seed    uint64
	began   time.Time
	groups  []*stressGroup
	slots   []*stressSlot
	faults  *faults
	history history // of the cluster

	gets, failures, writes, missed, changes atomic.Int64
	timerLate, getLate                      maximum
}

func newStress(t testing.TB, seed uint64) *stress {
	s := &stress{t: t, seed: seed, began: time.Now()}
	random := s.random(0)
	s.faults = &faults{random: s.random(1)}
	for _, cfg := range stressConfigs(random) {
		s.groups = append(s.groups, newStressGroup(s, cfg, s.random(uint64(2+len(s.groups)))))
	}
	s.slots = startSlots(t, s, stressNodes)
	return s
}

func (s *stress) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(s.seed, stream)) }

// run lets everybody loose for a while.
func (s *stress) run(d time.Duration) {
	ctx, cancel := context.WithTimeout(s.t.Context(), d)
	defer cancel()
	var all sync.WaitGroup
	stream := uint64(100)
	loop := func(step func(*rand.Rand)) {
		stream++
		random := s.random(stream)
		all.Go(func() {
			for ctx.Err() == nil && !s.t.Failed() {
				step(random)
			}
		})
	}
	for _, slot := range s.slots {
		for range stressReaders {
			loop(func(r *rand.Rand) { s.read(r, slot) })
		}
	}
	for range stressWriters {
		loop(s.write)
	}
	loop(s.purge)
	loop(s.disturb)
	loop(s.restart)
	loop(func(*rand.Rand) { s.watchTimers() })
	s.faults.on.Store(true)
	all.Wait()
	s.faults.on.Store(false)
}

// read gets a key through a node.
func (s *stress) read(random *rand.Rand, slot *stressSlot) {
	group := s.groups[random.IntN(len(s.groups))]
	s.get(random, slot, group, group.pick(random))
}

// get gets a key through a node and checks the reply.
func (s *stress) get(random *rand.Rand, slot *stressSlot, group *stressGroup, k *stressKey) {
	in := slot.current()
	if in == nil {
		pauseFor(time.Millisecond)
		return
	}
	patience := time.Duration(1+random.IntN(50)) * time.Millisecond
	if random.IntN(4) > 0 {
		patience = stressPatience
	}
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	reached := !in.IsUnknown()
	told, started := k.told.Load(), time.Now()
	v, getErr := in.groups[group.index].Get(ctx, k.name)
	took := time.Since(started)
	if in.ending.Load() || !reached || in.IsUnknown() {
		return // no write reaches a node that leaves, nor one that the others do not know yet
	}
	s.gets.Add(1)
	if getErr != nil && !errors.Is(getErr, node.ErrNotFound) {
		s.failures.Add(1)
	}
	s.getLate.note(took - patience)
	if err := group.check(k, told, started, v, getErr, ctx.Err()); err != nil {
		s.t.Errorf("%v: Get(%s %q) at %s = %q, %v after %v: %v\n%s%s", time.Since(s.began), group.name, k.name, slot.name, v, getErr, took, err,
			s.history.String(), k.history.String())
	}
}

// write changes a key's state at the origin and mostly tells the cluster, of which nobody may serve what was before then.
func (s *stress) write(random *rand.Rand) {
	pauseFor(time.Duration(random.IntN(5)) * time.Millisecond)
	group := s.groups[random.IntN(len(s.groups))]
	k := group.pick(random)
	switch random.IntN(4) {
	case 0:
		k.change()
	case 1:
		s.acknowledged(random, &k.history, "Set", func(ctx context.Context, in *stressNode) error {
			return k.set(ctx, in.groups[group.index], group)
		})
	default:
		for k.troubled {
			k = group.pick(random) // where no load hangs, there is time for many removals
		}
		s.remove(random, group, k) // so that nobody holds it
		s.remove(random, group, k)
	}
}

// remove changes a key's state at the origin and then removes the key while others load it, and gets it everywhere afterwards.
func (s *stress) remove(random *rand.Rand, group *stressGroup, k *stressKey) {
	held := make(chan struct{})
	k.held.Store(&held)
	getAt := func(slots ...*stressSlot) *sync.WaitGroup {
		var all sync.WaitGroup
		for _, at := range slots {
			own := rand.New(rand.NewPCG(random.Uint64(), 0))
			all.Go(func() { s.get(own, at, group, k) })
		}
		return &all
	}
	slot := func() *stressSlot { return s.slots[random.IntN(len(s.slots))] }
	before := getAt(slot(), slot())
	for range 5 { // nobody loads what is held somewhere
		if pauseFor(time.Millisecond); k.waiting.Load() > 0 {
			break
		}
	}
	k.writing.RLock()
	n := k.current.Add(1)
	if s.acknowledged(random, &k.history, fmt.Sprint("Remove before ", n), func(ctx context.Context, in *stressNode) error {
		return in.groups[group.index].Remove(ctx, k.name)
	}) {
		k.acknowledge(n)
	}
	k.writing.RUnlock()
	close(held)
	before.Wait()
	getAt(s.slots...).Wait()
}

// purge makes a group forget everything.
func (s *stress) purge(random *rand.Rand) {
	pauseFor(time.Duration(random.IntN(300)) * time.Millisecond)
	group := s.groups[random.IntN(len(s.groups))]
	states := group.states()
	if s.acknowledged(random, &s.history, "Purge of "+group.name, func(ctx context.Context, in *stressNode) error {
		return in.groups[group.index].Purge(ctx)
	}) {
		for i, k := range group.keys {
			k.acknowledge(states[i])
		}
	}
}

// acknowledged carries out a write through one node after the other until one acknowledges it.
func (s *stress) acknowledged(random *rand.Rand, h *history, what string, write func(context.Context, *stressNode) error) bool {
	for range 10 {
		in := s.slots[random.IntN(len(s.slots))].current()
		if in == nil {
			continue
		}
		ctx, cancel := context.WithTimeout(s.t.Context(), stressPatience)
		knows := in.Knows()
		began := time.Now()
		err := write(ctx, in)
		cancel()
		h.note("%s through %s, which knew %ssince %v: %v", what, in.Self().Name, knows, began.Sub(s.began), err)
		if err == nil && !in.ending.Load() {
			s.writes.Add(1)
			return true
		}
		s.missed.Add(1)
	}
	return false
}

// watchTimers notes how late this process's timers are.
func (s *stress) watchTimers() {
	started := time.Now()
	pauseFor(time.Millisecond)
	s.timerLate.note(time.Since(started) - time.Millisecond)
}

func pauseFor(d time.Duration) { <-time.After(d) }

// maximum is the largest duration that was noted.
type maximum struct{ ns atomic.Int64 }

func (m *maximum) get() time.Duration { return time.Duration(m.ns.Load()) }

func (m *maximum) note(d time.Duration) {
	for old := m.ns.Load(); int64(d) > old; old = m.ns.Load() {
		if m.ns.CompareAndSwap(old, int64(d)) {
			return
		}
	}
}

// history remembers the last things that happened, to be told when something is wrong.
type history struct {
	mu   sync.Mutex
	last []string // guarded by mu
}

func (h *history) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	line := time.Now().Format("05.000000 ") + fmt.Sprintf(format, args...)
	h.last = append(h.last[max(0, len(h.last)-29):], line)
}

func (h *history) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.last, "\n") + "\n"
}
