package transport

import (
	"context"
	"time"
)

// keep pings the member when nothing is heard of it while calls wait, or at all, and ends the session when it gives no sign of
// life. A busy member gives it at once: it needs no origin and no store.
func (s *session) keep() {
	tick := time.NewTicker(patience / 2)
	defer tick.Stop()
	heard, since := s.heard.Load(), time.Now()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		s.readOn()
		s.cancelLeft()
		if err := s.lastOne(); err != nil { // the last call was given up
			s.close(err)
			return
		}
		if now := s.heard.Load(); now != heard {
			heard, since = now, time.Now()
		}
		quiet := pingIdle
		if s.calls.active.Load() > 0 {
			quiet = patience
			s.expire()
		}
		if time.Since(since) >= quiet && !s.alive(heard) {
			s.client.silent()
			s.close(errSilent)
			return
		}
	}
}

// expire ends calls that are past their deadlines: a context need not have a timer for its own.
func (s *session) expire() {
	for _, id := range s.calls.expired(int64(time.Since(s.began))) {
		if c := s.calls.claim(id); c != nil {
			c.finish(Response{}, context.DeadlineExceeded)
			s.rouse()
			s.out.signal(kindCancel, id)
		}
	}
}

// alive pings the member, and reports whether it is heard of within the time that it has for a sign of life.
func (s *session) alive(heard uint64) bool {
	s.out.signal(kindPing, s.pings.Add(1))
	began := time.Now()
	limit := s.client.signTimeout()
	tick := time.NewTicker(limit / 10)
	defer tick.Stop()
	for s.heard.Load() == heard {
		select {
		case <-s.ctx.Done():
			return true
		case <-tick.C:
		}
		s.readOn()
		s.cancelLeft()
		s.expire()
		if took := time.Since(began); took >= 2*limit {
			began = time.Now() // this process stood still, and the answer may wait to be read
		} else if took >= limit {
			return false
		}
	}
	return true
}
