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
	tick := time.NewTicker(s.client.signTimeout() / awakeSteps) // which leaves out what this process is too late for: see awakeTimer
	defer tick.Stop()
	for looks := 1; s.heard.Load() == heard; looks++ {
		select {
		case <-s.ctx.Done():
			return true
		case <-tick.C:
		}
		s.readOn()
		s.cancelLeft()
		s.expire()
		if looks == awakeSteps {
			return s.heard.Load() != heard
		}
	}
	return true
}
