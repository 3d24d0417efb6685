package node

import "sync"

// intake lets copies in until this node begins to leave: what came before is handed over, and what comes later is refused, so
// that no copy that a peer believes to be here is lost.
type intake struct {
	mu     sync.RWMutex
	closed bool // guarded by mu
}

// enter reports whether a copy may be stored; then leave must be called once it is.
func (i *intake) enter() bool {
	i.mu.RLock()
	if i.closed {
		i.mu.RUnlock()
		return false
	}
	return true
}

func (i *intake) leave() { i.mu.RUnlock() }

// close waits for the copies that are being stored.
func (i *intake) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
}

func (i *intake) isClosed() bool {
	i.mu.RLock()
	defer i.mu.RUnlock()
	return i.closed
}

// returned are the keys of which copies came while this node hands over its own. Two members whose rings differ may give a key
// to each other: neither may drop it then.
type returned struct {
	mu   sync.Mutex // held while a copy is stored, or what was handed over goes; guards following
	keys map[string]struct{}
	runs bool // this node hands over
}

func (r *returned) begin() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.runs = make(map[string]struct{}), true
}

func (r *returned) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.runs = nil, false
}

// take stores a copy of a key.
func (r *returned) take(key string, store func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.runs {
		r.keys[key] = struct{}{}
	}
	store()
}

// part lets go of a key, unless a copy of it came meanwhile.
func (r *returned) part(key string, drop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, back := r.keys[key]; !back {
		drop()
	}
}
