package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// TestTheWelcomeGoesBeforeAllFrames connects to a server that asks its clients to go away.
func TestTheWelcomeGoesBeforeAllFrames(t *testing.T) {
	s := transport.NewServer(transport.ServerConfig{Handler: answer(tom)})
	other := httptest.NewServer(s)
	t.Cleanup(other.Close)
	t.Cleanup(func() { s.Close() })
	if err := s.Shutdown(within(t)); err != nil {
		t.Fatal(err)
	}
	_, in := framed(t, strings.TrimPrefix(other.URL, "http://"))
	if kind, _, err := readFrame(in); kind != kindGoAway {
		t.Errorf("got %d, %v", kind, err)
	}
}

// TestAStrangerThatReadsNothingIsNotReadFrom asks for many pongs.
func TestAStrangerThatReadsNothingIsNotReadFrom(t *testing.T) {
	inBubble(t, transport.ServerConfig{Handler: &handler{}}, func(t *testing.T, _ *transport.Client, l *pipes) {
		conn, err := l.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		io.WriteString(conn, shake.Request())
		if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
			t.Fatal(err)
		}
		conn.SetWriteDeadline(time.Now().Add(time.Second))
		pings := bytes.Repeat(transport.AppendSignal(nil, kindPing, 1), 1<<10)
		for range 1 << 10 {
			if _, err = conn.Write(pings); err != nil {
				break
			}
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("all were read: %v", err)
		}
	})
}

// TestAValueThatIsNotWantedIsNotRead sends one with a request that has none, and for which no group has a limit.
func TestAValueThatIsNotWantedIsNotRead(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	_, in, session := framedIn(t, addr, "")
	lane, _, _ := framedIn(t, addr, session)
	frame := transport.AppendRequest(nil, 1, transport.Request{Op: transport.Set, Group: "g", Value: make([]byte, 1<<20)}, 0)
	lane.Write(bytes.Replace(frame, []byte{2 << 3, byte(transport.Set)}, []byte{2 << 3, byte(transport.Remove)}, 1))
	if kind, message, err := readFrame(in); kind != kindReply || !bytes.Contains(message, []byte("only a Set")) {
		t.Errorf("got %d %q %v", kind, message, err)
	}
	if r, n := h.last(); n != 0 {
		t.Errorf("%+v reached the Handler", r)
	}
}

// closing is a connection that tells when it was closed.
type closing struct {
	net.Conn
	closed *atomic.Bool
}

// Close implements net.Conn.
func (c *closing) Close() error {
	c.closed.Store(true)
	return c.Conn.Close()
}

// TestASessionWithAnOldKeyEndsWithItsLastCall has that one given up.
func TestASessionWithAnOldKeyEndsWithItsLastCall(t *testing.T) {
	asked := make(chan struct{})
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		close(asked)
		<-ctx.Done()
		return transport.Response{}
	}}
	c := connect(t, transport.ClientConfig{Addr: serve(t, transport.ServerConfig{Handler: h, Key: []byte("old")}), Key: []byte("old")})
	var closed atomic.Bool
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &closing{conn, &closed}, err
	})
	ctx, cancel := context.WithCancel(within(t))
	go func() {
		<-asked
		c.SetKeys([]byte("new"))
		cancel()
	}()
	if _, err := c.Do(ctx, transport.Request{Group: "g"}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	eventually(t, "the connection is closed", closed.Load)
}

// TestShutdownWaitsForLargeValues has one read slowly.
func TestShutdownWaitsForLargeValues(t *testing.T) {
	large := make([]byte, 32<<20)
	s := transport.NewServer(transport.ServerConfig{Handler: answer(transport.Response{Value: large})})
	c := connect(t, transport.ClientConfig{Addr: start(t, s)})
	release, lanes := make(chan struct{}), make(chan *lazy, 8)
	var dialled atomic.Int32
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if dialled.Add(1) > 1 && err == nil {
			lane := &lazy{Conn: conn, release: release}
			lanes <- lane
			return lane, nil
		}
		return conn, err
	})
	got := make(chan error, 1)
	go func() {
		resp, err := c.Do(within(t), transport.Request{Group: "g"})
		if err == nil && len(resp.Value) != len(large) {
			err = errors.New("it is not the value")
		}
		got <- err
	}()
	for range 4 {
		lane := <-lanes
		eventually(t, "a lane for large values waits", func() bool { return lane.reads.Load() > 1 })
	}
	ctx, cancel := context.WithTimeout(within(t), time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != context.DeadlineExceeded {
		t.Errorf("Shutdown: %v", err)
	}
	close(release)
	if err := <-got; err != nil {
		t.Error(err)
	}
}

// TestARequestOutlivesSessionsThatAreLeftAtOnce has a server whose keys change as each of the first sessions begins.
func TestARequestOutlivesSessionsThatAreLeftAtOnce(t *testing.T) {
	const left = 3
	for range 50 {
		l, conns := newPipes(), make(chan int, 1)
		conns <- 0
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				n := <-conns + 1
				conns <- n
				go turnAway(conn, n <= left)
			}
		}()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
		c.DialWith(l.dial)
		resp, err := c.Do(within(t), transport.Request{Group: "g", Key: "Tom"})
		if err != nil || resp.Code != transport.OK {
			t.Fatalf("%v, %v; %d connections", resp.Code, err, <-conns)
		}
		c.Close()
		l.Close()
	}
}

// turnAway upgrades a connection, asks for no more requests there if away says so, and answers the first one.
func turnAway(conn net.Conn, away bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	if _, err := http.ReadRequest(in); err != nil {
		return
	}
	first := shake.Welcome("")
	if away {
		first = transport.AppendSignal(first, kindGoAway, 0)
	}
	conn.Write(first)
	if _, _, err := readFrame(in); err == nil {
		conn.Write(transport.AppendReplyTo(nil, 4096, tom, true))
	}
	io.Copy(io.Discard, in)
}
