package node

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
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

const (
	// flightShards spread the keys over as many locks. A lock is only taken by misses and writes.
	flightShards = 64

	// abandonGrace is what a loader gets to end with its own error once its time is up, before its callers go without.
	abandonGrace = 5 * time.Millisecond
)

// flights deduplicates the loads and fetches of a group: one of each kind runs for a key at a time, however many callers
// wait for it. It also orders what they bring against writes: see fence.go.
type flights struct {
	env    flightEnv
	shards [flightShards]flightShard
	unused sync.Pool // of flights that nobody knows any more
}

// flightEnv is what a flight needs of its node and group.
type flightEnv struct {
	ctx        context.Context   // ends when the node closes
	spawn      func(func()) bool // runs a function in a goroutine that the node waits for; false if it is closed
	clock      *clock
	timeout    time.Duration // of a flight
	store      *lru.Cache
	fetch      fetch
	unknown    func() bool                                  // whether the other members do not know this one
	cleared    *atomic.Uint64                               // what began before that version may have missed a write
	outOfTouch func() bool                                  // whether no write may reach this node
	stored     func(hash uint64, key string)                // is called once a load was stored
	panics     func(key string, cause string, stack []byte) // is called once a panicking flight has ended
}

type flightShard struct {
	mu sync.Mutex

	// underway are the flights that may be joined and whose outcome may be stored; guarded by mu. Each write to the store
	// is made while mu is held, so that a fence is either before it or sees the flight.
	underway [numFlightKinds]flightTable

	floors    floors        // guarded by mu
	highest   atomic.Uint64 // no floor is higher; raised while mu is held, with the floors
	confirmed confirmed     // guarded by mu
}

// flight is one load or fetch. It has a life of its own: a caller's deadline ends the caller's wait, not the flight. When
// the last caller has left, it is cancelled.
type flight struct {
	kind    flightKind
	hash    uint64
	key     string
	version uint64 // of its beginning, and so of what it loads
	unknown bool   // when it began, no write would have reached this node
	ctx     context.Context
	cancel  context.CancelFunc

	waiters int     // guarded by the shard's mu
	next    *flight // guarded by the shard's mu; see flightTable

	done    chan struct{} // made once somebody waits who does not run it; closed in the end
	outcome *outcome      // set before done is closed
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

// fetch is the run of a fetch flight that begins now, and ends at the deadline until.
type fetch func(ctx context.Context, now, until time.Time, hash uint64, key string) outcome

func (fs *flights) shard(hash uint64) *flightShard { return &fs.shards[hash%flightShards] }

// do joins the flight for a key, or starts it with run, and waits for its outcome or the end of ctx. Where
// no write may reach this node, a flight that began earlier may be one that should have been fenced: then the next one counts.
func (fs *flights) do(ctx context.Context, k flightKind, hash uint64, key string, run func(context.Context) outcome) (answer, error) {
	again := fs.env.outOfTouch()
	f, began := fs.joinWith(ctx, k, hash, key, run)
	a, err := fs.wait(ctx, f)
	if err == nil && again && !began { // a write may have missed it
		f, _ = fs.joinWith(ctx, k, hash, key, run)
		a, err = fs.wait(ctx, f)
	}
	return a, err
}

// wait waits for the outcome of a flight that was joined, or the end of ctx.
func (fs *flights) wait(ctx context.Context, f *flight) (answer, error) {
	select {
	case <-f.done:
		return f.outcome.answer, f.outcome.err
	case <-ctx.Done():
	case <-f.ctx.Done():
		return fs.abandoned(ctx, f)
	}
	select {
	case <-f.done: // too: of many flights that are waited for in turn, some may be
		return f.outcome.answer, f.outcome.err
	default:
		fs.leave(f)
		return answer{from: f.kind.source()}, ctx.Err()
	}
}

// start starts the flight for a key unless there is one, and waits for nothing.
func (fs *flights) start(k flightKind, hash uint64, key string, run func(context.Context) outcome) {
	fs.join(k, hash, key, run)
}

// join is joinWith for who has no values to carry.
func (fs *flights) join(k flightKind, hash uint64, key string, run func(context.Context) outcome) (f *flight, began bool) {
	return fs.joinWith(fs.env.ctx, k, hash, key, run)
}

// joinWith counts the caller among the waiters of the flight for a key, which run begins if there is none, or only one whose time
// is up. It reports whether the flight began with that, and so carries the values of the caller's context.
func (fs *flights) joinWith(values context.Context, k flightKind, hash uint64, key string, run func(context.Context) outcome) (f *flight, began bool) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, began = fs.joinLocked(s, k, hash, key, time.Now()); !began {
		return f, false
	}
	f.done = make(chan struct{})
	ctx := fs.env.ctx
	if values != ctx {
		ctx = carrying{ctx, values}
	}
	f.ctx, f.cancel = context.WithTimeout(ctx, fs.env.timeout)
	if !fs.env.spawn(func() { fs.run(f.ctx, f, run) }) {
		s.underway[k].remove(f)
		f.publish(&outcome{answer: answer{from: k.source()}, err: ErrClosed})
		return f, false
	}
	return f, true
}

// joinLocked counts the caller among the waiters of the flight for a key. One that begins with that has still to be run.
func (fs *flights) joinLocked(s *flightShard, k flightKind, hash uint64, key string, now time.Time) (f *flight, began bool) {
	if f := s.joinLocked(k, hash, key); f != nil {
		return f, false
	}
	f = fs.spare()
	f.kind, f.hash, f.key, f.version, f.waiters = k, hash, key, fs.env.clock.nextAt(now), 1
	f.unknown = fs.env.unknown()
	s.underway[k].put(f)
	return f, true
}

// joinLocked counts the caller among the waiters of the flight for a key; nil if there is none to be joined.
func (s *flightShard) joinLocked(k flightKind, hash uint64, key string) *flight {
	f := s.underway[k].find(hash, key)
	if f == nil || f.ctx.Err() != nil {
		return nil
	}
	f.waiters++
	if f.done == nil {
		f.done = make(chan struct{})
	}
	return f
}

// run runs a flight to its end, which may also be a panic or a Goexit of the loader.
func (fs *flights) run(ctx context.Context, f *flight, run func(context.Context) outcome) {
	out := outcome{answer: answer{from: f.kind.source()}, err: &OriginError{Err: errGoexit}}
	defer func() {
		cause := recover()
		if cause == nil {
			fs.finish(f, &out)
			return
		}
		text, stack := fmt.Sprint(cause), debug.Stack()
		out.err = &OriginError{Err: fmt.Errorf("the loader panicked: %s", text)}
		fs.finish(f, &out)
		fs.env.panics(f.key, text, stack)
	}()
	out = run(ctx)
}

// finish stores what a flight brought, unless it was fenced, publishes it, and gives it its version.
func (fs *flights) finish(f *flight, out *outcome) {
	if out.answer.version == 0 {
		out.answer.version = f.version
	}
	if out.keep != nil {
		out.keep.Version = out.answer.version
	}
	s := fs.shard(f.hash)
	s.mu.Lock()
	stored := s.underway[f.kind].remove(f) && fs.settleLocked(s, f, out)
	s.mu.Unlock()
	f.publish(out)
	if stored && f.kind == loadFlight {
		fs.env.stored(f.hash, f.key)
	}
}

func (f *flight) publish(out *outcome) {
	if f.done != nil {
		landed := *out // as out itself is the stack's where nobody waits
		f.outcome = &landed
		close(f.done)
	}
	f.cancel()
}

// spare returns a flight that is to be filled in.
func (fs *flights) spare() *flight {
	if f, ok := fs.unused.Get().(*flight); ok {
		return f
	}
	return &flight{}
}

// reuse keeps a flight that its caller has finished, if nobody else can know it.
func (fs *flights) reuse(f *flight) {
	if f.done == nil {
		*f = flight{}
		fs.unused.Put(f)
	}
}

// leave is for a waiter whose own deadline came first. The last one to leave cancels the flight, which nobody can join then.
func (fs *flights) leave(f *flight) {
	s := fs.shard(f.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters == 0 {
		s.underway[f.kind].remove(f)
		f.cancel()
	}
}

// abandoned is for the waiters of a flight whose time is up. They do not wait for a loader that ignores its context.
func (fs *flights) abandoned(ctx context.Context, f *flight) (answer, error) {
	grace := time.NewTimer(abandonGrace)
	defer grace.Stop()
	select {
	case <-f.done:
		return f.outcome.answer, f.outcome.err
	case <-ctx.Done():
		return answer{from: f.kind.source()}, ctx.Err()
	case <-grace.C:
	}
	select {
	case <-f.done: // too: a flight that has ended cancels its context
		return f.outcome.answer, f.outcome.err
	default:
	}
	if fs.env.ctx.Err() != nil {
		return answer{from: f.kind.source()}, ErrClosed
	}
	return answer{from: f.kind.source()}, &OriginError{Err: context.DeadlineExceeded}
}
