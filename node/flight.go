package node

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/lru"
)

// flightKind keeps loads from the origin apart from fetches from peers. A fetch may wait for a load, here or on a peer; a
// load never waits for a flight. So no two nodes can wait for each other, however much their rings differ.
type flightKind uint8

const (
	loadFlight flightKind = iota
	fetchFlight
	numFlightKinds
)

// source is where a flight's answer comes from if it comes at all.
func (k flightKind) source() source {
	if k == loadFlight {
		return fromOrigin
	}
	return fromPeer
}

// flightShards spread the keys over as many locks. A lock is only taken by misses and writes.
const flightShards = 64

// flights deduplicates the loads and fetches of a group: one of each kind runs for a key at a time, however many callers
// wait for it. It also orders them against writes: see fence.
type flights struct {
	env    flightEnv
	shards [flightShards]flightShard
}

// flightEnv is what a flight needs of its node and group. stored is called once a load was stored, and holds no lock.
type flightEnv struct {
	ctx     context.Context   // ends when the node closes
	spawn   func(func()) bool // runs a function in a goroutine that the node waits for; false if it is closed
	timeout time.Duration     // of a flight
	store   *lru.Cache
	stored  func(hash uint64, key string)
	panics  func(key string, cause any, stack []byte)
}

type flightShard struct {
	mu sync.Mutex

	// byKey holds the flights that may be joined and whose outcome may be stored; guarded by mu. Each write to the store
	// is made while mu is held, so that a fence is either before it or sees the flight.
	byKey [numFlightKinds]map[string]*flight
}

// flight is one load or fetch. It has a life of its own: a caller's deadline ends the caller's wait, not the flight. When
// the last caller has left, it is cancelled.
type flight struct {
	kind   flightKind
	hash   uint64
	key    string
	ctx    context.Context
	cancel context.CancelFunc

	waiters int // guarded by the shard's mu

	done    chan struct{}
	outcome outcome // set before done is closed
}

// outcome is what a flight brings: an answer or an error, and what the store shall keep.
type outcome struct {
	answer answer
	err    error
	keep   *lru.Entry // nil: nothing
	drop   bool       // what the store holds is known to be gone from the origin
}

// errGoexit is what callers get when a Loader ends its goroutine instead of returning.
var errGoexit = errors.New("the loader called runtime.Goexit")

func (fs *flights) shard(hash uint64) *flightShard { return &fs.shards[hash%flightShards] }

// do joins the flight for a key, or starts it with run, and waits for its outcome or the end of ctx.
func (fs *flights) do(ctx context.Context, k flightKind, hash uint64, key string, run func(context.Context) outcome) (answer, error) {
	f := fs.join(k, hash, key, run)
	select {
	case <-f.done:
		return f.outcome.answer, f.outcome.err
	case <-ctx.Done():
		fs.leave(f)
		return answer{from: k.source()}, ctx.Err()
	case <-f.ctx.Done():
		return fs.abandoned(f)
	}
}

// start starts the flight for a key unless there is one, and waits for nothing.
func (fs *flights) start(k flightKind, hash uint64, key string, run func(context.Context) outcome) {
	fs.join(k, hash, key, run)
}

// join counts the caller among the waiters of the flight for a key, which run begins if there is none.
func (fs *flights) join(k flightKind, hash uint64, key string, run func(context.Context) outcome) *flight {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, ok := s.byKey[k][key]; ok {
		f.waiters++
		return f
	}
	f := &flight{kind: k, hash: hash, key: key, waiters: 1, done: make(chan struct{})}
	f.ctx, f.cancel = context.WithTimeout(fs.env.ctx, fs.env.timeout)
	if s.byKey[k] == nil {
		s.byKey[k] = make(map[string]*flight)
	}
	s.byKey[k][key] = f
	if !fs.env.spawn(func() { fs.run(f, run) }) {
		s.forgetLocked(f)
		fs.publish(f, outcome{err: ErrClosed})
	}
	return f
}

// run runs a flight to its end, which may also be a panic or a Goexit of the loader.
func (fs *flights) run(f *flight, run func(context.Context) outcome) {
	out := outcome{err: &OriginError{Err: errGoexit}}
	defer func() {
		if cause := recover(); cause != nil {
			fs.env.panics(f.key, cause, debug.Stack())
			out = outcome{err: &OriginError{Err: fmt.Errorf("the loader panicked: %v", cause)}}
		}
		fs.finish(f, out)
	}()
	out = run(f.ctx)
}

// finish publishes a flight's outcome, and stores it unless the flight was fenced.
func (fs *flights) finish(f *flight, out outcome) {
	s := fs.shard(f.hash)
	s.mu.Lock()
	stored := s.forgetLocked(f) && fs.store(f, out)
	s.mu.Unlock()
	fs.publish(f, out)
	if stored && f.kind == loadFlight {
		fs.env.stored(f.hash, f.key)
	}
}

// store makes the store hold what a flight brought, and reports whether it does.
func (fs *flights) store(f *flight, out outcome) bool {
	switch {
	case out.keep != nil:
		return fs.env.store.Set(f.hash, f.key, *out.keep)
	case out.drop:
		fs.env.store.Remove(f.hash, f.key)
	}
	return false
}

func (fs *flights) publish(f *flight, out outcome) {
	f.outcome = out
	close(f.done)
	f.cancel()
}

// forgetLocked takes f out of the shard, and reports whether it was still in it.
func (s *flightShard) forgetLocked(f *flight) bool {
	if s.byKey[f.kind][f.key] != f {
		return false
	}
	delete(s.byKey[f.kind], f.key)
	return true
}

// leave is a waiter's whose own deadline came first. The last one to leave cancels the flight, which nobody can join then.
func (fs *flights) leave(f *flight) {
	s := fs.shard(f.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters == 0 {
		s.forgetLocked(f)
		f.cancel()
	}
}

// abandoned is for the waiters of a flight whose time is up but that has not ended, because a loader ignores its context.
func (fs *flights) abandoned(f *flight) (answer, error) {
	select {
	case <-f.done:
		return f.outcome.answer, f.outcome.err
	default:
	}
	s := fs.shard(f.hash)
	s.mu.Lock()
	s.forgetLocked(f)
	s.mu.Unlock()
	if fs.env.ctx.Err() != nil {
		return answer{from: f.kind.source()}, ErrClosed
	}
	return answer{from: f.kind.source()}, &OriginError{Err: context.DeadlineExceeded}
}

// fence lets write change the store for a key, so that no flight that began earlier can store after it: such flights go on
// for those who wait for them, but are joined and stored no more.
func (fs *flights) fence(hash uint64, key string, write func()) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.byKey {
		delete(s.byKey[k], key)
	}
	write()
}

// exclude lets write change the store for a key without fencing flights: theirs is as new as what it writes.
func (fs *flights) exclude(hash uint64, write func()) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	write()
}

// fenceAll is fence for every key.
func (fs *flights) fenceAll(write func()) {
	for i := range fs.shards {
		s := &fs.shards[i]
		s.mu.Lock()
		defer s.mu.Unlock()
		clear(s.byKey[loadFlight])
		clear(s.byKey[fetchFlight])
	}
	write()
}
