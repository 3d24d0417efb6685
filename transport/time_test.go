package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// pipes is a listener whose connections are in memory, so that time stands still while they are waited for.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// inBubble runs a test of a server and its client in a synctest bubble.
func inBubble(t *testing.T, cfg transport.ServerConfig, test func(*testing.T, *transport.Client, *pipes)) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		s := transport.NewServer(cfg)
		s.Start(l)
		defer s.Close()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0", Key: cfg.Key})
		c.DialWith(l.dial)
		defer c.Close()
		test(t, c, l)
	})
}

func TestADeadlineTravels(t *testing.T) {
	var left time.Duration
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		end, _ := ctx.Deadline()
		left = time.Until(end)
		return transport.Response{}
	}}
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, _ *pipes) {
		for sent, want := range map[time.Duration]time.Duration{
			time.Millisecond:              time.Millisecond,
			time.Second + time.Nanosecond: time.Second + time.Millisecond,
			time.Microsecond:              time.Millisecond,
			30 * time.Minute:              30 * time.Minute,
			5 * time.Hour:                 transport.MaxTimeout,
		} {
			ctx, cancel := context.WithTimeout(t.Context(), sent)
			if _, err := c.Do(ctx, transport.Request{Group: "g"}); err != nil || left != want {
				t.Errorf("%v arrived as %v, want %v (%v)", sent, left, want, err)
			}
			cancel()
		}
		if c.Do(t.Context(), transport.Request{Group: "g"}); left != transport.MaxTimeout {
			t.Errorf("without a deadline %v are left, want %v", left, transport.MaxTimeout)
		}
	})
}

func TestTheHandlersContextEndsAtTheDeadline(t *testing.T) {
	h, _ := hanging()
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, l *pipes) {
		conn, _ := l.dial(t.Context(), "", "")
		defer conn.Close()
		began := time.Now()
		io.WriteString(conn, "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nGocache-Timeout: 1500\r\n\r\n")
		got := readReply(t, bufio.NewReader(conn), "GET ")
		if took := time.Since(began); got.status != 504 || took != 1500*time.Millisecond {
			t.Errorf("got %d after %v, want 504 after 1.5s", got.status, took)
		}
	})
}

func TestALongRequestOutlastsTheConnectionsTimeouts(t *testing.T) {
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		select {
		case <-ctx.Done():
			return transport.Response{Code: transport.Timeout, Text: context.Cause(ctx).Error()}
		case <-time.After(transport.MaxTimeout - 1):
			return tom
		}
	}}
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, _ *pipes) {
		for _, r := range []transport.Request{
			{Op: transport.Get, Group: "g"}, {Op: transport.Set, Group: "g", Value: []byte("v")}, {Op: transport.Set, Group: "g"},
			{Op: transport.Remove, Group: "g"},
		} {
			resp, err := c.Do(t.Context(), r)
			if err != nil || resp.Code != transport.OK {
				t.Errorf("op %d of %d bytes got %v %q, %v", r.Op, len(r.Value), resp.Code, resp.Text, err)
			}
		}
	})
}

func TestAStalledConnectionIsGivenUp(t *testing.T) {
	for name, sent := range map[string]string{
		"before a request": "", "in its line": "GET /_go", "in its header": "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n",
		"in its body":          "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
		"in an unwanted body":  "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
		"after its reply":      "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
		"in another's request": "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\naGET ",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, transport.ServerConfig{Handler: &handler{}}, func(t *testing.T, _ *transport.Client, l *pipes) {
				conn, _ := l.dial(t.Context(), "", "")
				defer conn.Close()
				began := time.Now()
				io.WriteString(conn, sent)
				io.Copy(io.Discard, conn)
				if took := time.Since(began); took > 3*time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

func TestAReplyThatIsNotReadIsGivenUp(t *testing.T) {
	h := answer(transport.Response{Value: make([]byte, 1<<20)})
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, _ *transport.Client, l *pipes) {
		conn, _ := l.dial(t.Context(), "", "")
		defer conn.Close()
		io.WriteString(conn, "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nGocache-Timeout: 1000\r\n\r\n")
		time.Sleep(time.Second + transport.WriteTimeout + time.Second) // of the bubble
		if n, _ := io.Copy(io.Discard, conn); n >= 1<<20 {
			t.Errorf("%d bytes were still sent", n)
		}
	})
}

// slow is a connection that takes a while to write, from its second write on.
type slow struct {
	net.Conn
	writes int
	rate   int // in bytes a second; 0: it waits for its end
	end    context.Context
}

// Write implements net.Conn.
func (s *slow) Write(b []byte) (n int, err error) {
	if s.writes++; s.writes == 1 {
		return s.Conn.Write(b)
	}
	if s.rate == 0 {
		<-s.end.Done()
		return 0, net.ErrClosed
	}
	for n < len(b) && err == nil {
		var wrote int
		wrote, err = s.Conn.Write(b[n:min(len(b), n+s.rate)])
		n += wrote
		time.Sleep(time.Second) // of the bubble
	}
	return n, err
}

// overSlowLanes runs a test whose large requests are written at a rate.
func overSlowLanes(t *testing.T, h transport.Handler, rate int, test func(t *testing.T, c *transport.Client)) {
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, l *pipes) {
		end, cancel := context.WithCancel(t.Context())
		defer cancel()
		var lanes atomic.Int32
		c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := l.dial(ctx, network, addr)
			if lanes.Add(1) > 1 && err == nil {
				return &slow{Conn: conn, rate: rate, end: end}, nil
			}
			return conn, err
		})
		test(t, c)
	})
}

func TestALargeRequestKeepsItsDeadline(t *testing.T) {
	overSlowLanes(t, &handler{}, 0, func(t *testing.T, c *transport.Client) {
		began := time.Now()
		r := transport.Request{Op: transport.GetMany, Group: "g", Keys: []string{strings.Repeat("k", 64<<10)}, Until: began.Add(2 * time.Second)}
		_, err := c.Do(t.Context(), r)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 3*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

func TestALargeValueMayComeOverAThinLine(t *testing.T) {
	h := &handler{}
	overSlowLanes(t, h, 80<<10, func(t *testing.T, c *transport.Client) {
		value := make([]byte, 10<<20) // two minutes of it
		if resp, err := c.Do(t.Context(), transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: value}); err != nil || resp.Code != transport.OK {
			t.Fatalf("got %v, %v", resp.Code, err)
		}
		if r, _ := h.last(); len(r.Value) != len(value) {
			t.Errorf("%d bytes arrived", len(r.Value))
		}
	})
}
