//go:build linux

package crowd_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/crowd"
)

const (
	request  = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"
	patience = 5 * time.Second
)

func connect(t *testing.T, addr string) *crowd.Caller {
	t.Helper()
	c, err := crowd.Connect(addr, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.Ask([]byte(request)); err != nil {
		t.Fatal(err)
	}
	return c
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestAReplyThatIsReadLateCameWhenItCame(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	began := time.Now()
	c := connect(t, addr)
	if err := c.Await(); err != nil {
		t.Fatal(err)
	}
	came := time.Since(began)
	time.Sleep(20 * time.Millisecond) // what is shown is that this does not count
	status, took, err := c.Reply(patience)
	if err != nil || status != http.StatusTeapot || took < 0 || took > came {
		t.Errorf("%d after %v, which had come after %v: %v", status, took, came, err)
	}
}

func TestAReplyInPiecesHasComeWithItsLast(t *testing.T) {
	const pause = 50 * time.Millisecond
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		w.Write([]byte("ab"))
		w.(http.Flusher).Flush()
		time.Sleep(pause) // what is shown is that this counts
		w.Write([]byte("cd"))
	})
	if status, took, err := connect(t, addr).Reply(patience); err != nil || status != http.StatusOK || took < pause {
		t.Error(status, took, err)
	}
}

func TestAReplyThatBreaksOffIsNone(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "4")
		w.Write([]byte("ab"))
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	})
	if status, _, err := connect(t, addr).Reply(patience); err == nil {
		t.Error(status)
	}
}

func TestWhoSaysNothingIsNotWaitedForLonger(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if status, _, err := connect(t, l.Addr().String()).Reply(10 * time.Millisecond); err == nil {
		t.Error(status)
	}
}

func TestNobodyToConnectToIsAnError(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	for _, addr := range []string{addr, "nowhere"} {
		if c, err := crowd.Connect(addr, time.Second); err == nil {
			c.Close()
			t.Error(addr)
		}
	}
}
