package transport

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Half of the time that net/http takes for a small reply goes into what a Get of a held value has no use for: a goroutine that
// waits for the connection's end, a context, maps of header fields. So a plain connection answers the simplest requests by itself,
// where it can at once, and hands all others to net/http as they came. It may do so where net/http has taken all that it was given,
// and waits for a request. Once that is not sure any more, net/http gets all that comes.

// quickly has the connections of l answer quick requests, where the Handler can at once.
func (s *Server) quickly(l net.Listener) net.Listener {
	if s.cached == nil || s.cfg.GroupcacheCompat { // which has it that no Accept means protobuf
		return l
	}
	return quickListener{l, s}
}

type quickListener struct {
	net.Listener
	server *Server
}

// Accept implements net.Listener.
func (l quickListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if _, secure := conn.(interface{ ConnectionState() tls.ConnectionState }); secure {
		return conn, nil // that net/http wants to see
	}
	from := conn.RemoteAddr()
	return &quickConn{Conn: conn, server: l.server, local: from != nil && isLoopback(from.String())}, nil
}

// quickConn is a connection that net/http serves, but for the requests that it answers itself. Its fields are those of who reads.
type quickConn struct {
	net.Conn
	server *Server
	local  bool

	state   quickState
	renewed time.Time // when the deadlines were set for a quick request; zero: they are net/http's
	served  bool      // net/http has replied to a request
	whole   time.Time // the deadline of net/http's first request, if that came late; zero once net/http has set its own
}

type quickState uint8

const (
	betweenRequests quickState = iota // net/http waits for a request, and has no byte of it
	inRequest                         // net/http was given one request, whole and without a body, and no byte more
	aheadByOne                        // and then the first byte of one more: it reads so far while it replies
	handedOver                        // it was given something else
)

const (
	// quickBytes is the longest value that is sent quickly: a connection takes it at once, unless its client reads nothing. A longer
	// one is under way for long enough for Shutdown to wait for it, as net/http does.
	quickBytes = 16 << 10

	// renewEvery is how old a deadline of minutes may be that a quick request leaves as it is.
	renewEvery = time.Second
)

// Read implements net.Conn: it reads what is for net/http.
func (c *quickConn) Read(b []byte) (int, error) {
	for {
		n, err := c.Conn.Read(b)
		if n == 0 || err != nil || c.state == handedOver {
			return n, err
		}
		answered, err := c.answer(b[:n])
		switch {
		case err != nil:
			return 0, err
		case !answered:
			return n, nil
		}
	}
}

// answer answers a quick request, and reports whether it was one; else it is for net/http.
func (c *quickConn) answer(b []byte) (bool, error) {
	switch c.state {
	case inRequest:
		c.state = handedOver
		if string(b) == "G" {
			c.state = aheadByOne
		}
		return false, nil
	case aheadByOne:
		c.state = handedOver
		if _, ok := parseQuick(append([]byte("G"), b...)); ok {
			c.state = inRequest
		}
		return false, nil
	}
	head, ok := parseQuick(b)
	if !ok {
		c.state = handedOver
		return false, c.giveTime()
	}
	req, resp, ok := c.server.answerQuickly(head, c.local)
	if !ok {
		c.state = inRequest
		return false, nil
	}
	if err := c.renew(req.At); err != nil {
		return false, err
	}
	return true, c.server.writeQuickly(c.Conn, req, resp)
}

// giveTime gives the rest of a request the time that net/http would give it, had it seen no request before.
func (c *quickConn) giveTime() error {
	if c.renewed.IsZero() {
		return nil
	}
	now := time.Now()
	if !c.served {
		c.whole = now.Add(readTimeout)
	}
	return c.Conn.SetReadDeadline(now.Add(readHeaderTimeout))
}

// SetReadDeadline implements net.Conn. What net/http gives its first request counts from when the connection came, which may be long ago.
func (c *quickConn) SetReadDeadline(t time.Time) error {
	if !c.whole.IsZero() {
		t, c.whole = c.whole, time.Time{}
	}
	return c.Conn.SetReadDeadline(t)
}

// renew has the connection's deadlines count from a quick request.
func (c *quickConn) renew(now time.Time) error {
	if now.Sub(c.renewed) < renewEvery {
		return nil
	}
	c.renewed = now
	c.server.conns.idle(c)
	return errors.Join(c.Conn.SetReadDeadline(now.Add(idleTimeout)), c.SetWriteDeadline(now.Add(writeTimeout)))
}

// replied notes that net/http has replied to all that it was given, and waits for a request. It is called by who reads.
func (c *quickConn) replied() {
	c.renewed, c.served = time.Time{}, true
	if c.state == inRequest {
		c.state = betweenRequests
	}
}

// CloseWrite has who sends a body that is refused come to read why.
func (c *quickConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// answerQuickly answers a request where nobody must sign it, and the Handler can at once.
func (s *Server) answerQuickly(head quickHead, local bool) (Request, Response, bool) {
	t, err := parsePath(string(head.path), false)
	if err != nil || !t.hasKey || !local && s.verifier.keyring.keys.Load().required() {
		return Request{}, Response{}, false
	}
	req := Request{Op: Get, Group: t.group, Key: t.key, MaxReply: quickBytes, At: time.Now()}
	resp, ok := s.cached.ServeCached(req)
	return req, resp, ok && resp.Code == OK
}

// quickReply is memory for a reply.
type quickReply struct{ values, text []byte }

// writeQuickly writes the reply as net/http would, in one piece.
func (s *Server) writeQuickly(w io.Writer, req Request, resp Response) error {
	m, ok := s.replies.Get().(*quickReply)
	if !ok {
		m = &quickReply{}
	}
	f := fields{text: m.values[:0]}
	s.describeValue(&f, req, resp, typeRaw, len(resp.Value))
	m.text = f.appendLines(append(m.text[:0], "HTTP/1.1 200 OK\r\n"...))
	m.text = req.At.UTC().AppendFormat(append(m.text, "Date: "...), http.TimeFormat)
	m.text = append(append(m.text, "\r\n\r\n"...), resp.Value...)
	m.values = f.text
	_, err := w.Write(m.text)
	s.replies.Put(m)
	return err
}
