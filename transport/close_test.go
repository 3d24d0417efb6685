package transport_test

import (
	"context"
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/transport"
)

// descriptors counts this process's open files.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// eventually waits until ok, for a while.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func TestCloseLeavesNothingBehind(t *testing.T) {
	before := descriptors(t)
	ignore := goleak.IgnoreCurrent()
	h, asked := hanging()
	s := transport.NewServer(transport.ServerConfig{Handler: h})
	addr := start(t, s)
	c := connect(t, transport.ClientConfig{Addr: addr})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 10 {
		go c.Do(ctx, transport.Request{Group: "g"})
	}
	for range 10 {
		<-asked
	}
	idle, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	s.Close()
	s.Close()
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("the server still accepts connections")
	}
	c.Close()
	idle.Close()
	goleak.VerifyNone(t, ignore)
	eventually(t, "all descriptors are closed", func() bool { return descriptors(t) <= before })
}

func TestCloseWaitsForTheHandler(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	left := false
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		close(asked)
		<-ctx.Done()
		<-release
		left = true
		return transport.Response{}
	}}
	s := transport.NewServer(transport.ServerConfig{Handler: h})
	addr := start(t, s)
	go connect(t, transport.ClientConfig{Addr: addr}).Do(within(t), transport.Request{Group: "g"})
	<-asked
	go func() { close(release) }()
	s.Close()
	if !left {
		t.Error("Close returned before the Handler")
	}
}

// TestCloseEndsARequestWithAnotherBehindIt: a connection's end is not noticed once a byte of a next request came.
func TestCloseEndsARequestWithAnotherBehindIt(t *testing.T) {
	h, asked := hanging()
	inner := h.serve
	h.serve = func(ctx context.Context, r transport.Request) transport.Response {
		resp := inner(ctx, r)
		if ctx.Err() != context.Canceled {
			t.Errorf("the Handler's context ended with %v", ctx.Err())
		}
		return resp
	}
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, _ *transport.Client, l *pipes) {
		conn, _ := l.dial(t.Context(), "", "")
		io.WriteString(conn, "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n")
		<-asked
		io.WriteString(conn, "G") // returns when it was read
		conn.Close()
	})
}

func TestShutdownWaitsForRequests(t *testing.T) {
	asked, release := make(chan struct{}), make(chan struct{})
	h := &handler{serve: func(context.Context, transport.Request) transport.Response {
		close(asked)
		<-release
		return tom
	}}
	s := transport.NewServer(transport.ServerConfig{Handler: h})
	addr := start(t, s)
	c := connect(t, transport.ClientConfig{Addr: addr})
	replies := make(chan transport.Response)
	go func() {
		resp, _ := c.Do(within(t), transport.Request{Group: "g"})
		replies <- resp
	}()
	<-asked
	down := make(chan error)
	go func() { down <- s.Shutdown(within(t)) }()
	eventually(t, "new connections are refused", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	select {
	case <-down:
		t.Error("Shutdown did not wait for the request")
	default:
	}
	close(release)
	if resp := <-replies; string(resp.Value) != "630" {
		t.Errorf("the request got %v %q", resp.Code, resp.Value)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestShutdownDoesNotWaitForConnectionsThatWereNeverUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		s := transport.NewServer(transport.ServerConfig{Handler: &handler{}})
		s.Start(l)
		defer s.Close()
		conn, err := l.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		synctest.Wait()
		began := time.Now()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	h, asked := hanging()
	s := transport.NewServer(transport.ServerConfig{Handler: h})
	c := connect(t, transport.ClientConfig{Addr: start(t, s)})
	go c.Do(within(t), transport.Request{Group: "g"})
	<-asked
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); err != context.Canceled {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestCloseOfAServerThatWasNeverStarted(t *testing.T) {
	if err := transport.NewServer(transport.ServerConfig{Handler: &handler{}}).Close(); err != nil {
		t.Error(err)
	}
}
