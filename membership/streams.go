package membership

import (
	"io"
	"net"
	"sync"
)

// maxIncoming bounds the open streams that others opened, twice as many as memberlist handles at a time. Each is closed
// after exchangeTimeout at the latest.
const maxIncoming = 256

// streamSet holds the open streams, to close them with the transport. The zero value is an empty set.
type streamSet struct {
	mu       sync.Mutex // guards the fields below
	open     map[*stream]struct{}
	incoming int
	closed   bool
}

// stream is a connection in a streamSet.
type stream struct {
	net.Conn
	set      *streamSet
	incoming bool
	check    func(net.Conn) (io.Reader, error) // of what is read, before the first of it is handed on
	checked  io.Reader                         // nil until then
}

// Read reads what check let through. It is called from one goroutine at a time.
func (s *stream) Read(b []byte) (int, error) {
	if s.checked == nil {
		r, err := s.check(s.Conn)
		if err != nil {
			return 0, err
		}
		s.checked = r
	}
	return s.checked.Read(b)
}

// Close closes the connection; it may be called more than once.
func (s *stream) Close() error {
	s.set.remove(s)
	return s.Conn.Close()
}

// Write closes the stream if it fails: memberlist forgets to, when it is the label that cannot be written.
func (s *stream) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	if err != nil {
		_ = s.Close()
	}
	return n, err
}

// accept adds a connection that another member opened, or closes it and returns nil if there are too many.
func (s *streamSet) accept(conn net.Conn, check func(net.Conn) (io.Reader, error)) net.Conn {
	st := &stream{Conn: conn, set: s, check: check, incoming: true}
	if !s.add(st) {
		_ = conn.Close()
		return nil
	}
	return st
}

// dialed adds a connection that this member opened, or closes it if the set is closed.
func (s *streamSet) dialed(conn net.Conn, check func(net.Conn) (io.Reader, error)) (net.Conn, error) {
	st := &stream{Conn: conn, set: s, check: check}
	if !s.add(st) {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	return st, nil
}

func (s *streamSet) add(st *stream) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || st.incoming && s.incoming >= maxIncoming {
		return false
	}
	if s.open == nil {
		s.open = make(map[*stream]struct{})
	}
	s.open[st] = struct{}{}
	if st.incoming {
		s.incoming++
	}
	return true
}

func (s *streamSet) remove(st *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.open[st]; !ok {
		return
	}
	delete(s.open, st)
	if st.incoming {
		s.incoming--
	}
}

// close closes every stream, and every one added later.
func (s *streamSet) close() {
	s.mu.Lock()
	s.closed = true
	open := s.open
	s.open = nil
	s.mu.Unlock()
	for st := range open {
		_ = st.Conn.Close()
	}
}
