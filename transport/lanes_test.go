package transport_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

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
