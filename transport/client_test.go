package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/transport"
)

// TestTheEnvironmentsProxyIsNotUsed asks for a name, as net/http hands loopback to no proxy. TestMain sets the proxy.
func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	for _, secure := range []*tls.Config{nil, {}} {
		c := connect(t, transport.ClientConfig{Addr: "p2pcache.invalid:80", TLS: secure})
		_, err := c.Do(within(t), transport.Request{Group: "g"})
		if err == nil || !strings.Contains(err.Error(), "p2pcache.invalid") || strings.Contains(err.Error(), "127.0.0.1:1:") {
			t.Errorf("got %v, want that the name does not exist", err)
		}
	}
}

// TestALargeValueIsSentWhenItIsWelcome has a member refuse it by its header: no byte of it may be on its way then, or the
// reply may be lost with the connection.
func TestALargeValueIsSentWhenItIsWelcome(t *testing.T) {
	l := listen(t)
	defer l.Close()
	followed := make(chan int64)
	go func() {
		defer close(followed)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		http.ReadRequest(in)
		io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nGocache-Error: too-large\r\n"+lastReply+"Content-Length: 0\r\n\r\n")
		n, _ := io.Copy(io.Discard, in)
		followed <- n
	}()
	c := connect(t, transport.ClientConfig{Addr: l.Addr().String(), Plain: true})
	resp := must(t, c, transport.Request{Op: transport.Set, Group: "g", Value: make([]byte, 1<<20)})
	c.Close()
	if n := <-followed; n != 0 || resp.Code != transport.TooLarge {
		t.Errorf("got %v; %d bytes were sent", resp.Code, n)
	}
}

func TestAKeptConnectionThatWasClosedIsReplaced(t *testing.T) {
	for _, key := range []string{"", "k"} {
		var asked atomic.Int32
		addr := strange(t, func(r *http.Request) string {
			if asked.Add(1)%2 == 0 {
				return "" // the second request on a connection is met by its end
			}
			if r.Method == http.MethodGet {
				return "HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 0\r\n\r\n"
			}
			return "HTTP/1.1 204 No Content\r\n\r\n"
		})
		c := connect(t, transport.ClientConfig{Addr: addr, Key: []byte(key), Plain: true})
		for _, op := range []transport.Op{transport.Set, transport.Set, transport.Remove, transport.Purge, transport.Get} {
			if resp := must(t, c, transport.Request{Op: op, Group: "g", Key: "k", Value: []byte("v")}); resp.Code != transport.OK {
				t.Errorf("op %d: %v", op, resp.Code)
			}
		}
		c.Close()
	}
}

func TestAllKeptConnectionsMayHaveBeenClosed(t *testing.T) {
	const conns = 5
	var seen sync.Map // the connections that a request came over
	var first sync.WaitGroup
	first.Add(conns)
	c := connect(t, transport.ClientConfig{Addr: strange(t, func(r *http.Request) string {
		if _, again := seen.LoadOrStore(r.RemoteAddr, true); again {
			return ""
		}
		if r.Method == http.MethodDelete {
			first.Done()
			first.Wait()
		}
		return "HTTP/1.1 204 No Content\r\n\r\n"
	})})
	var callers sync.WaitGroup
	for range conns {
		callers.Go(func() { c.Do(within(t), transport.Request{Op: transport.Remove, Group: "g"}) })
	}
	callers.Wait()
	if resp := must(t, c, transport.Request{Op: transport.Set, Group: "g"}); resp.Code != transport.OK {
		t.Errorf("got %v", resp.Code)
	}
}

func TestARequestIsNotRepeatedOnANewConnection(t *testing.T) {
	for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove, transport.Purge} {
		var asked atomic.Int32
		c := connect(t, transport.ClientConfig{Addr: strange(t, func(*http.Request) string { asked.Add(1); return "" })})
		if _, err := c.Do(within(t), transport.Request{Op: op, Group: "g"}); err == nil || asked.Load() != 1 {
			t.Errorf("op %d was sent %d times: %v", op, asked.Load(), err)
		}
		c.Close()
	}
}

func TestNobodyListensIsAnErrorAtOnce(t *testing.T) {
	l := listen(t)
	l.Close()
	c := connect(t, transport.ClientConfig{Addr: l.Addr().String()})
	_, err := c.Do(within(t), transport.Request{Group: "g"})
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("got %v, want an error of dialing", err)
	}
}

func TestCloseEndsARequestThatHangs(t *testing.T) {
	for i := range 30 {
		op := transport.Op(i % 4)
		h, asked := hanging()
		c := pair(t, h)
		failed := make(chan error)
		go func() {
			_, err := c.Do(context.Background(), transport.Request{Op: op, Group: "g"})
			failed <- err
		}()
		<-asked
		c.Close()
		c.Close()
		if err := <-failed; !errors.Is(err, transport.ErrClosed) {
			t.Errorf("op %d: got %v, want ErrClosed", op, err)
		}
		if _, err := c.Do(context.Background(), transport.Request{Group: "g"}); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("after Close: got %v, want ErrClosed", err)
		}
		if _, n := h.last(); n != 1 {
			t.Errorf("op %d was sent %d times", op, n)
		}
	}
}

// TestCloseEndsAConnectionThatIsBeingMade: net/http goes on making it when its request has gone.
func TestCloseEndsAConnectionThatIsBeingMade(t *testing.T) {
	l := listen(t) // accepts, and never shakes hands
	defer l.Close()
	ignore := goleak.IgnoreCurrent()
	c := connect(t, transport.ClientConfig{Addr: l.Addr().String(), TLS: &tls.Config{}})
	ctx, cancel := context.WithCancel(context.Background())
	failed := make(chan error)
	go func() {
		_, err := c.Do(ctx, transport.Request{Group: "g"})
		failed <- err
	}()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	c.Close()
	if _, err := io.Copy(io.Discard, conn); err != nil {
		t.Logf("the connection ended with %v", err)
	}
	goleak.VerifyNone(t, ignore)
}

func TestDoReturnsTheCauseOfItsContextsEnd(t *testing.T) {
	h, asked := hanging()
	c := pair(t, h)
	why := fmt.Errorf("the caller left")
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() { <-asked; cancel(why) }()
	if _, err := c.Do(ctx, transport.Request{Group: "g"}); err != why {
		t.Errorf("got %v, want %v", err, why)
	}
	if _, err := c.Do(ctx, transport.Request{Group: "g"}); err != why {
		t.Errorf("of a context that has ended: got %v, want %v", err, why)
	}
	if _, n := h.last(); n != 1 {
		t.Errorf("%d requests were sent, want 1", n)
	}
}

func TestTheHandlersContextEndsWithItsCaller(t *testing.T) {
	h, asked := hanging()
	gone := make(chan struct{})
	inner := h.serve
	h.serve = func(ctx context.Context, r transport.Request) transport.Response {
		defer close(gone)
		return inner(ctx, r)
	}
	c := pair(t, h)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	c.Do(ctx, transport.Request{Group: "g"})
	<-gone
}

func TestAClientsCloseEndsItsIdleConnections(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: &handler{}})
	before := descriptors(t)
	c := connect(t, transport.ClientConfig{Addr: addr})
	must(t, c, transport.Request{Group: "g"})
	c.Close()
	eventually(t, "the connection is closed on both sides", func() bool { return descriptors(t) <= before })
}
