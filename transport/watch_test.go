package transport_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// swallow accepts connections, reads them and never answers, as a stopped process does.
func swallow(l *pipes) (stop func()) {
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				for buffer := make([]byte, 1<<10); ; {
					if _, err := conn.Read(buffer); err != nil {
						return
					}
				}
			})
		}
	})
	return func() { l.Close(); all.Wait() }
}

func TestAMemberThatGivesNoSignOfLifeIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		defer swallow(l)()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
		c.DialWith(l.dial)
		defer c.Close()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				began := time.Now()
				_, err := c.Do(t.Context(), transport.Request{Group: "g"})
				if err == nil || !strings.Contains(err.Error(), "no sign of life") {
					t.Errorf("got %v", err)
				}
				if took := time.Since(began); took > transport.Patience+transport.SignTimeout {
					t.Errorf("it took %v", took)
				}
			})
		}
		all.Wait()
	})
}

func TestAMemberThatIsSlowIsWaitedFor(t *testing.T) {
	const origin = time.Minute
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		select {
		case <-time.After(origin):
			return tom
		case <-ctx.Done():
			return transport.Response{Code: transport.Timeout}
		}
	}}
	inBubble(t, transport.ServerConfig{Handler: h, Key: []byte("key")}, func(t *testing.T, c *transport.Client, _ *pipes) {
		began := time.Now()
		resp, err := c.Do(t.Context(), transport.Request{Group: "g", Peer: true})
		if err != nil || string(resp.Value) != "630" || time.Since(began) != origin {
			t.Errorf("got %v %q, %v after %v", resp.Code, resp.Value, err, time.Since(began))
		}
	})
}

func TestAMemberThatStopsBetweenTwoRequestsIsGivenUp(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // its backlog accepts, and nobody answers
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := transport.NewClient(transport.ClientConfig{Addr: l.Addr().String()})
	defer c.Close()
	if _, err := c.Do(within(t), transport.Request{Group: "g"}); err == nil || !strings.Contains(err.Error(), "no sign of life") {
		t.Errorf("got %v", err)
	}
}
