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
	open   int                        // guarded by mu
	quiet  list.List                  // guarded by mu; of net.Conn, on which no request is under way, longest first
	at     map[net.Conn]*list.Element // guarded by mu; where they are in quiet
	closed bool                       // guarded by mu
}

// add notes a new connection, or closes it where all are to be closed.
func (c *conns) add(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
	if c.closed {
		conn.Close()
		return
	}
	c.quietLocked(conn)
	if c.open > c.max {
		longest := c.quiet.Front().Value.(net.Conn)
		c.busyLocked(longest)
		longest.Close()
	}
}

// idle notes that a connection's request was answered.
func (c *conns) idle(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quietLocked(conn)
}

// busy notes that a request has come.
func (c *conns) busy(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busyLocked(conn)
}

// remove forgets a connection that was closed, or goes on in frames.
func (c *conns) remove(conn net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	c.busyLocked(conn)
}

func (c *conns) quietLocked(conn net.Conn) {
	if c.at == nil {
		c.at = make(map[net.Conn]*list.Element)
	}
	c.at[conn] = c.quiet.PushBack(conn)
}

func (c *conns) busyLocked(conn net.Conn) {
	if e, ok := c.at[conn]; ok {
		c.quiet.Remove(e)
		delete(c.at, conn)
	}
}

// close closes all connections on which no request is under way, and those that are added later. net/http's Shutdown waits
// seconds for each that was never used.
func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for conn := range c.at {
		conn.Close()
	}
}
