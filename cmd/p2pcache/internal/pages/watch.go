package pages

import (
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

const (
	// watchEvery is how often the members are looked at: a member that drains for less may be seen only to be gone.
	watchEvery = 100 * time.Millisecond

	// maxEvents is how many events are remembered.
	maxEvents = 100
)

// Event is a change of the members, as one node sees it.
type Event struct {
	// Number counts the events from 1.
	Number int `json:"number"`

	// UnixMilli is when it was seen.
	UnixMilli int64 `json:"unix_ms"`

	// Kind is "joined", "draining", "left" after draining, or "lost" without.
	Kind string `json:"kind"`

	// Member is the member's name.
	Member string `json:"member"`
}

// watch notes how the members of a node change. It owns a goroutine until close.
type watch struct {
	node Node
	stop chan struct{}
	once sync.Once
	done sync.WaitGroup

	mu     sync.Mutex
	events []Event // guarded by mu; oldest first
	count  int     // guarded by mu; of all events ever
}

func startWatch(n Node) *watch {
	w := &watch{node: n, stop: make(chan struct{})}
	before := drainingByName(n.Members())
	w.done.Go(func() { w.run(before) })
	return w
}

func (w *watch) run(before map[string]bool) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.stop:
			return
		case <-tick.C:
		}
		now := drainingByName(w.node.Members())
		w.compare(before, now)
		before = now
	}
}

// drainingByName maps the members' names to whether they are draining.
func drainingByName(members []node.Member) map[string]bool {
	m := make(map[string]bool, len(members))
	for _, member := range members {
		m[member.Name] = member.Draining
	}
	return m
}

func (w *watch) compare(before, now map[string]bool) {
	for name, draining := range before {
		if _, there := now[name]; !there && draining {
			w.note("left", name)
		} else if !there {
			w.note("lost", name)
		}
	}
	for name, draining := range now {
		was, there := before[name]
		if !there {
			w.note("joined", name)
		}
		if draining && !was {
			w.note("draining", name)
		}
	}
}

func (w *watch) note(kind, member string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count++
	w.events = append(w.events, Event{w.count, time.Now().UnixMilli(), kind, member})
	if len(w.events) > maxEvents {
		w.events = w.events[1:]
	}
}

// recent returns the events that are remembered, oldest first.
func (w *watch) recent() []Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Event{}, w.events...)
}

func (w *watch) close() {
	w.once.Do(func() { close(w.stop) })
	w.done.Wait()
}
