// Package timeline records what happened in a run: every Get, the faults, and what the nodes said of themselves.
package timeline

import (
	"sync"
	"time"
)

// Outcome is how a Get ended.
type Outcome uint8

// The outcomes. A Get whose node was taken away while it ran is Lost, which is nobody's failure.
const (
	Served Outcome = iota
	Wrong
	Failed
	Lost
)

// Get is one Get. Its times are those since the timeline's start.
type Get struct {
	At, Took time.Duration
	Outcome  Outcome
}

// Event is a fault, or its end.
type Event struct {
	At   time.Duration `json:"at"`
	What string        `json:"what"`
}

// Look is what one node said of itself at a moment, and what the system says of its process.
type Look struct {
	At         time.Duration `json:"at"`
	Node       string        `json:"node"`
	Members    int           `json:"members"`
	RingHash   uint64        `json:"ring_hash"`
	Goroutines int           `json:"goroutines"`
	Files      int           `json:"files"`    // open descriptors
	Heap       int64         `json:"heap"`     // bytes in use
	Resident   int64         `json:"resident"` // bytes
}

// Loads is how many loads the origin had served at a moment.
type Loads struct {
	At    time.Duration `json:"at"`
	Count uint64        `json:"count"`
}

// maxComplaints bounds how many failures are kept in words.
const maxComplaints = 50

// Timeline is a record that any number of goroutines add to.
type Timeline struct {
	start time.Time

	mu         sync.Mutex // guards what follows
	gets       []Get
	events     []Event
	looks      []Look
	loads      []Loads
	complaints []Event
}

// Start begins a timeline.
func Start() *Timeline { return &Timeline{start: time.Now()} }

// Now returns the time since the start.
func (t *Timeline) Now() time.Duration { return time.Since(t.start) }

// AddGet records a Get that began at a moment and has ended now.
func (t *Timeline) AddGet(began time.Time, o Outcome) {
	g := Get{At: began.Sub(t.start), Took: time.Since(began), Outcome: o}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gets = append(t.gets, g)
}

// Event records a fault or its end, which happens now, and returns when that is.
func (t *Timeline) Event(what string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	t.events = append(t.events, Event{now, what})
	return now
}

// Complain records a failure in words; beyond a number of them, none.
func (t *Timeline) Complain(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.complaints) < maxComplaints {
		t.complaints = append(t.complaints, Event{t.Now(), what})
	}
}

// AddLook records what a node said.
func (t *Timeline) AddLook(l Look) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l.At = t.Now()
	t.looks = append(t.looks, l)
}

// AddLoads records how many loads the origin has served by now.
func (t *Timeline) AddLoads(count uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.loads = append(t.loads, Loads{t.Now(), count})
}

// Gets returns the Gets that began from one moment on and before another.
func (t *Timeline) Gets(from, to time.Duration) []Get {
	t.mu.Lock()
	defer t.mu.Unlock()
	var some []Get
	for _, g := range t.gets {
		if g.At >= from && g.At < to {
			some = append(some, g)
		}
	}
	return some
}

// Events returns the faults.
func (t *Timeline) Events() []Event { return all(t, &t.events) }

// Complaints returns the failures in words.
func (t *Timeline) Complaints() []Event { return all(t, &t.complaints) }

// Looks returns what the nodes said.
func (t *Timeline) Looks() []Look { return all(t, &t.looks) }

// Loads returns how many loads the origin had served, over time.
func (t *Timeline) Loads() []Loads { return all(t, &t.loads) }

func all[T any](t *Timeline, of *[]T) []T {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]T{}, *of...)
}
