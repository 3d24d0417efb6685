package relay

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// chunkBytes is how much is read of a connection at a time.
	chunkBytes = 16 << 10
	// maxQueued bounds the chunks on their way, so that a delayed connection pushes back: 4 MiB.
	maxQueued = 256
	// dialTimeout bounds a connection to the target.
	dialTimeout = 5 * time.Second
)

func (r *Relay) accept() {
	for {
		conn, err := r.tcp.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // of one connection, or too many files: the next may do
			wait(r.ctx, cutPoll)
			continue
		}
		r.running.Go(func() { r.carry(conn.(*net.TCPConn)) })
	}
}

// carry carries one connection until both ways have ended. While the way there is cut, it is not connected.
func (r *Relay) carry(near *net.TCPConn) {
	defer near.Close()
	client := &client{network: "tcp", from: near.RemoteAddr().(*net.TCPAddr).AddrPort()}
	to := func() Way { return r.faultsOf(client).To }
	from := func() Way { return r.faultsOf(client).From }
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	if !passes(ctx, to) || !wait(ctx, to().lag()) {
		return
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", r.cfg.Target)
	if err != nil {
		_ = near.SetLinger(0) // so that the client sees a reset, as of a port that nobody listens on
		return
	}
	far := conn.(*net.TCPConn)
	defer far.Close()
	defer context.AfterFunc(ctx, func() { near.Close(); far.Close() })()
	var ways sync.WaitGroup
	ways.Go(func() { pass(ctx, cancel, near, far, to) })
	ways.Go(func() { pass(ctx, cancel, far, near, from) })
	ways.Wait()
}

// passes waits until a way is not cut; false if ctx ends first.
func passes(ctx context.Context, way func() Way) bool {
	for way().Cut {
		if !wait(ctx, cutPoll) {
			return false
		}
	}
	return ctx.Err() == nil
}

// chunk is some bytes on their way. An empty one is the end.
type chunk struct {
	data []byte
	due  time.Time
}

// pass carries one way until its end, which is carried as well. An error ends both ways.
func pass(ctx context.Context, cancel context.CancelFunc, src, dst *net.TCPConn, way func() Way) {
	queue := make(chan chunk, maxQueued)
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(queue)
		if !read(ctx, src, queue, way) {
			cancel()
		}
	})
	if !write(ctx, dst, queue, way) {
		cancel()
	}
	reader.Wait()
}

// read queues what src sends; false if that ended in an error.
func read(ctx context.Context, src io.Reader, queue chan<- chunk, way func() Way) bool {
	for {
		data := make([]byte, chunkBytes)
		n, err := src.Read(data)
		w := way()
		due := time.Now().Add(w.lag())
		if w.loses() {
			due = due.Add(retransmission)
		}
		if n > 0 {
			select {
			case queue <- chunk{data[:n], due}:
			case <-ctx.Done():
				return false
			}
		}
		if err != nil {
			return err == io.EOF
		}
	}
}

// write sends what is queued when it is due, and then the end; false if it could not.
func write(ctx context.Context, dst *net.TCPConn, queue <-chan chunk, way func() Way) bool {
	for c := range queue {
		w := way()
		if !wait(ctx, max(0, time.Until(c.due))+w.transmission(len(c.data))) || !passes(ctx, way) {
			return false
		}
		if _, err := dst.Write(c.data); err != nil {
			return false
		}
	}
	return passes(ctx, way) && dst.CloseWrite() == nil
}
