package transport_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// lazy is a connection of which nothing is read after its first bytes until it is released.
type lazy struct {
	net.Conn
	reads   atomic.Int32
	release chan struct{}
}

// Read implements net.Conn.
func (l *lazy) Read(b []byte) (int, error) {
	if l.reads.Add(1) > 1 {
		<-l.release
	}
	return l.Conn.Read(b)
}

func TestLargeValuesDoNotStandBeforeSmallOnes(t *testing.T) {
	large := make([]byte, 8<<20)
	addr := serve(t, transport.ServerConfig{Handler: &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
		if r.Key == "large" {
			return transport.Response{Value: large}
		}
		return tom
	}}})
	c := connect(t, transport.ClientConfig{Addr: addr})
	release := make(chan struct{})
	var dialled atomic.Int32
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if dialled.Add(1) > 1 && err == nil {
			return &lazy{Conn: conn, release: release}, nil
		}
		return conn, err
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			resp, err := c.Do(within(t), transport.Request{Group: "g", Key: "large"})
			if err != nil || len(resp.Value) != len(large) {
				t.Errorf("got %d bytes, %v", len(resp.Value), err)
			}
		})
	}
	eventually(t, "lanes for large values are opened", func() bool { return dialled.Load() > 1 })
	for range 1000 {
		if resp := must(t, c, transport.Request{Group: "g", Key: "small"}); string(resp.Value) != "630" {
			t.Errorf("got %v %q", resp.Code, resp.Value)
		}
	}
	close(release)
	all.Wait()
}

func TestALargeValueForWhichThereIsNoConnectionIsAnError(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: make([]byte, 1<<20)})})
	c := connect(t, transport.ClientConfig{Addr: addr})
	var dialled atomic.Int32
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dialled.Add(1) > 1 {
			return nil, errors.New("too many open files")
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	})
	for range 2 {
		if _, err := c.Do(within(t), transport.Request{Group: "g"}); err == nil || !strings.Contains(err.Error(), "too many open files") {
			t.Errorf("a Get: %v", err)
		}
		if _, err := c.Do(within(t), transport.Request{Op: transport.Set, Group: "g", Value: make([]byte, 1<<20)}); err == nil {
			t.Error("a Set succeeded")
		}
	}
}

// halting is a connection that pauses for a while in the middle of what is large.
type halting struct {
	net.Conn
	pause time.Duration
}

// Write implements net.Conn.
func (h *halting) Write(b []byte) (int, error) {
	const small = 64 << 10
	if len(b) <= small {
		return h.Conn.Write(b)
	}
	n, err := h.Conn.Write(b[:small])
	if err != nil {
		return n, err
	}
	time.Sleep(h.pause)
	more, err := h.Conn.Write(b[small:])
	return n + more, err
}

// TestALargeValueThatNobodyWaitsForAnyMoreIsNotSet has a caller leave while its value is on its way: another may have set the key by
// the time it comes.
func TestALargeValueThatNobodyWaitsForAnyMoreIsNotSet(t *testing.T) {
	for name, leave := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"at its deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		},
		"for its own reasons": func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		},
	} {
		h := &handler{limit: 1 << 20}
		inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, l *pipes) {
			c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := l.dial(ctx, network, addr)
				return &halting{conn, 3 * time.Second}, err
			})
			must(t, c, transport.Request{Group: "g", Key: "k"})
			ctx, cancel := leave(t.Context())
			defer cancel()
			began := time.Now()
			set := transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: make([]byte, 1<<20)}
			if _, err := c.Do(ctx, set); err == nil || time.Since(began) != time.Second {
				t.Errorf("%s: %v after %v", name, err, time.Since(began))
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			if r, n := h.last(); n != 1 {
				t.Errorf("%s: %d requests reached the Handler, the last one op %d", name, n, r.Op)
			}
			if resp := must(t, c, set); resp.Code != transport.OK {
				t.Errorf("%s: then a Set got %v %s", name, resp.Code, resp.Text)
			}
		})
	}
}
