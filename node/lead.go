package node

import (
	"context"
	"time"
)

// lead is do for a fetch flight, which calls no Loader itself: who begins it runs it in its own goroutine, as one more and a timer
// would cost as much as a Get from a peer does. Where that caller's ctx ends while others wait, the flight begins anew for them. It
// is now, so that the time need not be read once more.
func (fs *flights) lead(ctx context.Context, now time.Time, hash uint64, key string) (answer, error) {
	again := fs.env.outOfTouch()
	f, began := fs.enter(now, hash, key)
	if !began && again { // as in do
		if a, err := fs.wait(ctx, f); err != nil {
			return a, err
		}
		f, began = fs.enter(time.Now(), hash, key)
	}
	if !began {
		return fs.wait(ctx, f)
	}
	ran := false
	defer func() {
		if !ran { // what panicked is this package's own
			fs.finish(f, &outcome{answer: answer{from: fromPeer}, err: &OriginError{Err: errGoexit}})
		}
	}()
	out := fs.env.fetch(ctx, now, now.Add(fs.env.timeout), hash, key)
	ran = true
	a, err := fs.land(ctx, f, &out)
	fs.reuse(f)
	return a, err
}

// land ends a flight that its caller has run, but for one that goes on for others, as its caller's ctx has ended.
func (fs *flights) land(ctx context.Context, f *flight, out *outcome) (answer, error) {
	left := ctx.Err() != nil && out.err != nil
	if !left || !fs.handOn(f) {
		fs.finish(f, out)
	}
	if left {
		return answer{from: fromPeer}, ctx.Err()
	}
	return out.answer, out.err
}

// enter is join for a fetch flight that its caller runs.
func (fs *flights) enter(now time.Time, hash uint64, key string) (f *flight, began bool) {
	s := fs.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f, began = fs.joinLocked(s, fetchFlight, hash, key, now); began {
		f.ctx, f.cancel = fs.env.ctx, nothing
	}
	return f, began
}

func nothing() {}

// newFetch is a fetch flight that its caller runs, and that is to be entered for a key.
func (fs *flights) newFetch(now time.Time) flight {
	return flight{
		kind: fetchFlight, version: fs.env.clock.nextAt(now), unknown: fs.env.unknown(), ctx: fs.env.ctx, cancel: nothing, waiters: 1,
	}
}

// enterAs is enter with a flight of the caller's own: nil, or else the flight that is joined in place of it.
func (fs *flights) enterAs(f *flight) *flight {
	s := fs.shard(f.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.joinLocked(f.kind, f.hash, f.key); other != nil {
		return other
	}
	s.underway[f.kind].put(f)
	return nil
}

// handOn runs a flight for those who wait while the caller that ran it leaves; false if there are none.
func (fs *flights) handOn(f *flight) bool {
	s := fs.shard(f.hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.waiters--; f.waiters == 0 {
		s.underway[f.kind].remove(f) // whoever comes now begins anew
		return false
	}
	now := time.Now()
	until := now.Add(fs.env.timeout)
	ctx, cancel := context.WithDeadline(fs.env.ctx, until)
	f.cancel = cancel
	run := func(ctx context.Context) outcome { return fs.env.fetch(ctx, now, until, f.hash, f.key) }
	if fs.env.spawn(func() { fs.run(ctx, f, run) }) {
		return true
	}
	cancel()
	return false
}

// over is why a fetch that its caller runs has to end: the caller's ctx has ended, or the flight's deadline has passed, for which there is
// no timer: package transport keeps it.
func over(ctx context.Context, until time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if time.Now().After(until) {
		return context.DeadlineExceeded
	}
	return nil
}
