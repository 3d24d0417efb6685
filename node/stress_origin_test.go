package node_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

const (
	stressLoadTimeout = 2 * time.Second

	// stressPatience is the deadline of those who expect an answer: longer than a flight may take.
	stressPatience = 5 * time.Second

	// starved is how late timers are in a process that has so little of its processors that a load may take too long.
	starved = 50 * time.Millisecond

	// absentEvery is how many states of a key come to one in which the origin does not have it.
	absentEvery = 7
)

// stressGroup is a group under stress: what its nodes are configured with, and its origin.
type stressGroup struct {
	s      *stress
	name   string
	index  int
	cfg    node.GroupConfig
	keys   []*stressKey
	byName map[string]*stressKey

	mu     sync.Mutex
	random *rand.Rand // guarded by mu
	calm   atomic.Bool
}

// stressKey is a key and what the origin holds for it, one state after the other.
type stressKey struct {
	name     string
	troubled bool // its loads may fail

	// writing is held alone by a Set, so that values are set in the order of their numbers, and shared by what changes
	// the origin and then removes the key.
	writing sync.RWMutex
	current atomic.Int64 // the number of the origin's state
	told    atomic.Int64 // the oldest state that may still be served: the newest one of which a write was acknowledged
	history history

	held    atomic.Pointer[chan struct{}] // loads wait until it is closed, after they have read the state
	waiting atomic.Int64                  // loads that wait so
}

// stressConfigs are three groups: one that never expires, one with short lives, one that is served stale.
func stressConfigs(random *rand.Rand) []node.GroupConfig {
	configs := []node.GroupConfig{
		{NegativeTTL: time.Minute, HotTTL: time.Minute},
		{TTL: 500 * time.Millisecond, Jitter: 100 * time.Millisecond, NegativeTTL: 100 * time.Millisecond, HotTTL: 200 * time.Millisecond},
		{TTL: 100 * time.Millisecond, StaleFor: time.Second},
	}
	for i := range configs {
		configs[i].LoadTimeout = stressLoadTimeout
		configs[i].Replicas = 1 + random.IntN(3)
		configs[i].MaxBytes = []int64{0, 4 << 10}[random.IntN(2)] // some 15 entries: they are evicted all the time
	}
	return configs
}

func newStressGroup(s *stress, cfg node.GroupConfig, random *rand.Rand) *stressGroup {
	g := &stressGroup{s: s, index: len(s.groups), cfg: cfg, random: random, byName: make(map[string]*stressKey)}
	g.name = "group" + strconv.Itoa(g.index)
	g.cfg.Load = g.load
	for i := range stressKeys {
		k := &stressKey{name: fmt.Sprintf("key/%d", i), troubled: i%3 == 0}
		k.current.Store(1)
		g.keys = append(g.keys, k)
		g.byName[k.name] = k
	}
	return g
}

func (g *stressGroup) pick(random *rand.Rand) *stressKey {
	return g.keys[min(random.IntN(len(g.keys)), random.IntN(len(g.keys)))] // some more often than others
}

// states are the numbers of all keys.
func (g *stressGroup) states() []int64 {
	var states []int64
	for _, k := range g.keys {
		states = append(states, k.current.Load())
	}
	return states
}

func absent(state int64) bool { return state%absentEvery == 0 }

// value is what the origin holds in a state: the key, the state, and since when it lives.
func (g *stressGroup) value(k *stressKey, state int64) node.Value {
	return node.Value{Data: fmt.Appendf(nil, "%s %d %d", k.name, state, time.Since(g.s.began))}
}

// load is the group's Loader. It reads the state first, and then takes its time.
func (g *stressGroup) load(ctx context.Context, key string) (node.Value, error) {
	k := g.byName[key]
	state := k.current.Load()
	k.hold(ctx)
	g.mu.Lock()
	delay, fate := time.Duration(g.random.ExpFloat64()*float64(3*time.Millisecond)), g.random.IntN(200)
	g.mu.Unlock()
	if err := sleep(ctx, min(delay, 50*time.Millisecond)); err != nil {
		return node.Value{}, err
	}
	if k.troubled && !g.calm.Load() {
		switch fate {
		case 0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19:
			return node.Value{}, errors.New("the origin fails")
		case 1:
			panic("the origin panics")
		case 2:
			runtime.Goexit()
		case 3:
			<-ctx.Done()
			return node.Value{}, ctx.Err()
		case 4:
			pauseFor(stressLoadTimeout + 100*time.Millisecond) // as a Loader must not
		}
	}
	if absent(state) {
		return node.Value{}, fmt.Errorf("no row: %w", node.ErrNotFound)
	}
	return g.value(k, state), nil
}

// heldFor is how long a load is held up at most.
const heldFor = 100 * time.Millisecond

// hold makes a load wait for a removal that is to meet it.
func (k *stressKey) hold(ctx context.Context) {
	held := k.held.Load()
	if held == nil {
		return
	}
	k.waiting.Add(1)
	defer k.waiting.Add(-1)
	select {
	case <-*held:
	case <-ctx.Done():
	case <-time.After(heldFor):
	}
}

// change gives the key a new state at the origin and tells nobody.
func (k *stressKey) change() {
	k.writing.RLock()
	defer k.writing.RUnlock()
	k.current.Add(1)
}

// acknowledge notes that nothing before state may be served from now on.
func (k *stressKey) acknowledge(state int64) {
	for old := k.told.Load(); state > old; old = k.told.Load() {
		if k.told.CompareAndSwap(old, state) {
			return
		}
	}
}

// set gives the key a new state at the origin and at its holders.
func (k *stressKey) set(ctx context.Context, to *node.Group, g *stressGroup) error {
	k.writing.Lock()
	defer k.writing.Unlock()
	state := k.current.Add(1)
	if absent(state) {
		state = k.current.Add(1)
	}
	if err := to.Set(ctx, k.name, g.value(k, state)); err != nil {
		return err
	}
	k.acknowledge(state)
	return nil
}

// check tells what is wrong with a reply to a Get that began at started, when states from told on might be served.
func (g *stressGroup) check(k *stressKey, told int64, started time.Time, v node.Value, err, own error) error {
	if errors.Is(err, node.ErrNotFound) {
		for state := told; state <= k.current.Load(); state++ {
			if absent(state) {
				return nil
			}
		}
		return fmt.Errorf("it was never absent since state %d", told)
	}
	if err != nil {
		var origin *node.OriginError
		late := errors.Is(err, context.DeadlineExceeded) && g.s.timerLate.get() > starved
		if own != nil && errors.Is(err, own) || errors.As(err, &origin) && (k.troubled || late) {
			return nil
		}
		return errors.New("its origin never failed")
	}
	fields := strings.Fields(v.String())
	if len(fields) != 3 || fields[0] != k.name {
		return errors.New("it is another key's")
	}
	state, _ := strconv.ParseInt(fields[1], 10, 64)
	if state < told || state > k.current.Load() {
		return fmt.Errorf("it is not of a state from %d on", told)
	}
	born, _ := strconv.ParseInt(fields[2], 10, 64)
	age := started.Sub(g.s.began) - time.Duration(born)
	if life := g.cfg.TTL + g.cfg.StaleFor; life > 0 && age > life+stressTransit+20*g.s.timerLate.get() {
		return fmt.Errorf("it is %v old and lives for %v", age, life)
	}
	return nil
}
