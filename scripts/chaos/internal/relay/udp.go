package relay

import (
	"context"
	"errors"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxDatagram is the largest there is.
	maxDatagram = 64 << 10
	// idleSession is how long after its last datagram a client's own port to the target is kept.
	idleSession = time.Minute
)

// session is a client's own port to the target, so that what comes back finds the client.
type session struct {
	client *client
	conn   *net.UDPConn
	lines  [2]line     // there and back
	ended  atomic.Bool // it was idle
}

// line is what a way's bandwidth makes wait.
type line struct {
	mu   sync.Mutex
	free time.Time // guarded by mu; when what was sent before has passed
}

// occupy returns when size bytes have passed.
func (l *line) occupy(w Way, size int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.free.Before(now) {
		l.free = now
	}
	l.free = l.free.Add(w.transmission(size))
	return l.free
}

func (r *Relay) receive() {
	target, err := net.ResolveUDPAddr("udp", r.cfg.Target)
	if err != nil {
		return
	}
	sessions := map[netip.AddrPort]*session{}
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := r.udp.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		s := sessions[from]
		if s == nil || s.ended.Load() {
			maps.DeleteFunc(sessions, func(_ netip.AddrPort, s *session) bool { return s.ended.Load() })
			if s, err = r.open(from, target); err != nil {
				continue // as if the datagram had been lost
			}
			sessions[from] = s
		}
		_ = s.conn.SetReadDeadline(time.Now().Add(idleSession))
		data := append([]byte{}, buf[:n]...)
		r.later(r.faultsOf(s.client).To, &s.lines[0], n, func() {
			_, _ = s.conn.Write(data) // what is not sent is lost
		})
	}
}

func (r *Relay) open(from netip.AddrPort, target *net.UDPAddr) (*session, error) {
	conn, err := net.DialUDP("udp", nil, target)
	if err != nil {
		return nil, err
	}
	s := &session{client: &client{network: "udp", from: from}, conn: conn}
	if err := conn.SetReadDeadline(time.Now().Add(idleSession)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	r.running.Go(func() { r.returnTo(from, s) })
	return s, nil
}

// returnTo sends back to a client what the target answers, until the session has been idle.
func (r *Relay) returnTo(client netip.AddrPort, s *session) {
	defer context.AfterFunc(r.ctx, func() { s.conn.Close() })()
	defer s.conn.Close()
	defer s.ended.Store(true)
	buf := make([]byte, maxDatagram)
	for {
		n, err := s.conn.Read(buf)
		var timeout net.Error
		switch {
		case errors.Is(err, net.ErrClosed), errors.As(err, &timeout) && timeout.Timeout():
			return
		case err != nil:
			continue // the target refuses: as if it were lost
		}
		data := append([]byte{}, buf[:n]...)
		r.later(r.faultsOf(s.client).From, &s.lines[1], n, func() {
			_, _ = r.udp.WriteToUDPAddrPort(data, client) // what is not sent is lost
		})
	}
}

// later sends a datagram when it has passed, unless it is lost.
func (r *Relay) later(w Way, l *line, size int, send func()) {
	if w.Cut || w.loses() {
		return
	}
	due := l.occupy(w, size).Add(w.lag())
	if time.Until(due) <= 0 {
		send()
		return
	}
	r.running.Go(func() {
		if wait(r.ctx, time.Until(due)) {
			send()
		}
	})
}
