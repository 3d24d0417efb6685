package transport_test

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// deaf is a server that upgrades connections and answers nothing, but pings where it is asked to.
func deaf(l *pipes, pong bool) (stop func()) {
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				conn.Write(shake.Welcome(""))
				for {
					kind, message, err := readFrame(in)
					if err != nil {
						return
					}
					if kind == kindPing && pong {
						conn.Write(append([]byte{0, 0, 0, byte(len(message) + 1), kindPong}, message...))
					}
				}
			})
		}
	})
	return func() { l.Close(); all.Wait() }
}

func TestASessionWithAMemberThatGivesNoSignOfLifeEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		defer deaf(l, false)()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
		c.DialWith(l.dial)
		defer c.Close()
		for range 2 {
			var all sync.WaitGroup
			began := time.Now()
			for range 100 {
				all.Go(func() {
					if _, err := c.Do(t.Context(), transport.Request{Group: "g"}); err == nil || !strings.Contains(err.Error(), "no sign of life") {
						t.Errorf("got %v", err)
					}
				})
			}
			all.Wait()
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
			if _, err := c.Do(t.Context(), transport.Request{Group: "g"}); err == nil {
				t.Error("it is asked again at once")
			}
			time.Sleep(3 * time.Second)
		}
	})
}

func TestAMemberThatAnswersPingsIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		defer deaf(l, true)()
		c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
		c.DialWith(l.dial)
		defer c.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := c.Do(ctx, transport.Request{Group: "g"}); err != context.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
	})
}

func TestMoreSlowRequestsThanMayBeInFlightAreAnswered(t *testing.T) {
	h := &handler{serve: func(context.Context, transport.Request) transport.Response {
		time.Sleep(10 * time.Second)
		return tom
	}}
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, _ *pipes) {
		var all sync.WaitGroup
		for range 3 * 4096 {
			all.Go(func() {
				if resp, err := c.Do(t.Context(), transport.Request{Group: "g"}); err != nil || resp.Code != transport.OK {
					t.Errorf("got %v, %v", resp.Code, err)
				}
			})
		}
		all.Wait()
	})
}

func TestWhoWaitsForItsTurnLeavesInTime(t *testing.T) {
	h := &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		<-ctx.Done()
		return transport.Response{Code: transport.Timeout}
	}}
	inBubble(t, transport.ServerConfig{Handler: h}, func(t *testing.T, c *transport.Client, _ *pipes) {
		var all sync.WaitGroup
		for i := range 2 * 4096 {
			all.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+i%7)*time.Second)
				defer cancel()
				began := time.Now()
				_, err := c.Do(ctx, transport.Request{Group: "g"})
				if took := time.Since(began); took > time.Duration(1+i%7)*time.Second {
					t.Errorf("it took %v: %v", took, err)
				}
			})
		}
		all.Wait()
	})
}

// late is a context whose deadline no timer watches.
type late struct {
	context.Context
	deadline time.Time
}

// Deadline implements context.Context.
func (l late) Deadline() (time.Time, bool) { return l.deadline, true }

func TestADeadlineIsKeptThatNoTimerWatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		defer deaf(l, true)()
		for _, plain := range []bool{false, true} {
			c := transport.NewClient(transport.ClientConfig{Addr: "pipes:0", Plain: plain})
			c.DialWith(l.dial)
			began := time.Now()
			_, err := c.Do(late{t.Context(), began.Add(3 * time.Second)}, transport.Request{Group: "g"})
			if took := time.Since(began); err == nil || took > 3500*time.Millisecond {
				t.Errorf("plain %v: got %v after %v", plain, err, took)
			}
			c.Close()
		}
	})
}
