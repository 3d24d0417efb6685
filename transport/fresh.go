package transport

import (
	"net"
	"sync"
)

// fresh are the connections on which no request has come yet. net/http's Shutdown waits seconds for each of them, and clients
// keep some in store.
type fresh struct {
	mu     sync.Mutex
	conns  map[net.Conn]struct{} // guarded by mu
	closed bool                  // guarded by mu
}

// add notes a new connection, or closes it.
func (f *fresh) add(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		conn.Close()
		return
	}
	f.conns[conn] = struct{}{}
}

// remove forgets a connection that was used or closed.
func (f *fresh) remove(conn net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.conns, conn)
}

// close closes all connections, and those that are added later.
func (f *fresh) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
	for conn := range f.conns {
		conn.Close()
	}
}
