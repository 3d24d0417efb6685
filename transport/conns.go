package transport

import (
	"container/list"
	"net"
	"sync"
)

// maxOpen is how many plain connections a server keeps open at a time where the process may open enough files.
const maxOpen = 16 << 10

// conns are a server's plain connections. Where there are too many, the one on which nothing was asked for the longest is closed
// for a new one: it is idle, or its request comes so slowly that whoever sends it may as well wait.
type conns struct {
	max int

	mu     sync.Mutex
	open   list.List                  // guarded by mu; of *openConn: those that are quiet, longest first, and among them busy ones
	at     map[net.Conn]*list.Element // guarded by mu; where they are in open
	closed bool                       // guarded by mu
}

// openConn is a connection that is open, or was told to close.
type openConn struct {
	conn net.Conn
	busy bool // a request is under way, or it was told to close
}

// add notes a new connection, or closes it where all are to be closed.
func (c *conns) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at == nil {
		c.at = make(map[net.Conn]*list.Element)
	}
	c.at[conn] = c.open.PushBack(&openConn{conn: conn, busy: c.closed})
	switch {
	case c.closed:
		conn.Close()
	case c.open.Len() > c.max:
		c.closeQuietestLocked()
	}
}

// closeQuietestLocked closes the connection that is quiet for the longest: the new one, if all others are busy. The busy ones on the
// way to it go to the end, so that the next one is found soon.
func (c *conns) closeQuietestLocked() {
	for {
		first := c.open.Front()
		o := first.Value.(*openConn)
		c.open.MoveToBack(first)
		if !o.busy {
			o.busy = true
			o.conn.Close()
			return
		}
	}
}

// idle notes that a connection's request was answered.
func (c *conns) idle(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.at[conn]; ok {
		at.Value.(*openConn).busy = false
		c.open.MoveToBack(at)
	}
}

// busy notes that a request has come.
func (c *conns) busy(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.at[conn]; ok {
		at.Value.(*openConn).busy = true
	}
}

// remove forgets a connection that was closed, or goes on in frames.
func (c *conns) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open.Remove(c.at[conn])
	delete(c.at, conn)
}

// close closes all connections on which no request is under way, and those that are added later. net/http's Shutdown waits
// seconds for each that was never used.
func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn, at := range c.at {
		if !at.Value.(*openConn).busy {
			conn.Close()
		}
	}
}
