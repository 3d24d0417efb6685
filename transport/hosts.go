package transport

import (
	"context"
	"net"
	"sync"
	"time"
)

// shutdownGrace is how long a session that has nothing to do is given to be closed by its client.
const shutdownGrace = 500 * time.Millisecond

// renewGrace is how long a client may take to leave a session whose key is not accepted any more.
const renewGrace = 5 * time.Second

// frames are a server's sessions, and the goroutines of its upgraded connections.
type frames struct {
	max int // sessions

	mu       sync.Mutex
	sessions map[string]*hosted // guarded by mu; by id
	leaving  bool               // guarded by mu; sessions are asked to go away
	closed   bool               // guarded by mu
}

// spawn runs f in a goroutine that work counts; false if the server is closed.
func (fs *frames) spawn(work *sync.WaitGroup, f func()) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.closed {
		return false
	}
	work.Go(f)
	return true
}

// find returns the session of that id; nil if there is none.
func (fs *frames) find(id string) *hosted {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return fs.sessions[id]
}

// add notes a session, unless the server is closed, or has too many.
func (fs *frames) add(h *hosted) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.closed || len(fs.sessions) >= fs.max {
		return false
	}
	fs.sessions[h.id] = h
	if fs.leaving {
		defer h.goAway()
	}
	return true
}

func (fs *frames) remove(h *hosted) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.sessions, h.id)
}

func (fs *frames) all() []*hosted {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	all := make([]*hosted, 0, len(fs.sessions))
	for _, h := range fs.sessions {
		all = append(all, h)
	}
	return all
}

// leave asks all clients to go away.
func (fs *frames) leave() {
	fs.mu.Lock()
	fs.leaving = true
	fs.mu.Unlock()
	for _, h := range fs.all() {
		h.goAway()
	}
}

// wait waits within ctx for all sessions to end. One that has nothing to do is closed after a moment.
func (fs *frames) wait(ctx context.Context) error {
	tick := time.NewTicker(shutdownGrace / 20)
	defer tick.Stop()
	for began := time.Now(); ; {
		all := fs.all()
		if len(all) == 0 {
			return nil
		}
		for _, h := range all {
			if time.Since(began) > shutdownGrace && h.idle(time.Now().Add(-shutdownGrace)) {
				h.quit()
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// renew asks those clients to begin anew whose session does not go with keys, and sees to it that they do.
func (fs *frames) renew(k *keys) {
	for _, h := range fs.all() {
		if !h.trusts(k) {
			h.goAway()
			time.AfterFunc(renewGrace, h.quit)
		}
	}
}

// close refuses new goroutines.
func (fs *frames) close() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.closed = true
}

// closeWith closes conn when ctx ends. The function that it returns undoes that.
func closeWith(ctx context.Context, conn net.Conn) func() bool {
	return context.AfterFunc(ctx, func() { conn.Close() })
}
