package transport_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

var removal = transport.Request{Op: transport.Remove, Group: "g", Key: "k", Peer: true}

// TestASignedWriteIsForOneMember records a write on its way to a member, and sends it to another one, and to the same one once it
// has been started anew, which have seen nothing yet.
func TestASignedWriteIsForOneMember(t *testing.T) {
	h := &handler{}
	cfg := transport.ServerConfig{Handler: h, Key: []byte("k")}
	addr := serve(t, cfg)
	c := connect(t, transport.ClientConfig{Addr: addr, Key: []byte("k"), Plain: true})
	var said tape
	var sent bytes.Buffer
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &recorded{Conn: conn, sent: &sent, mu: &said.mu}, err
	})
	if resp := must(t, c, removal); resp.Code != transport.OK {
		t.Fatalf("got %v %s", resp.Code, resp.Text)
	}
	c.Close()
	write := sent.String()[strings.Index(sent.String(), "DELETE"):]
	for name, again := range map[string]string{"the same": addr, "another": serve(t, cfg)} {
		for what, bytes := range map[string]string{
			"as it was":          write,
			"without a receiver": strings.Replace(write, "Gocache-Receiver: ", "Gocache-Nobody: ", 1),
		} {
			conn, err := net.Dial("tcp", again)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(conn, bytes)
			conn.(*net.TCPConn).CloseWrite()
			if reply, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(reply), "HTTP/1.1 401 ") {
				t.Errorf("%s member, %s: %v %q", name, what, err, reply)
			}
			conn.Close()
		}
	}
	if _, n := h.last(); n != 1 {
		t.Errorf("%d requests reached the Handler, want 1", n)
	}
}

func TestAWriteIsSignedAnewForAMemberThatWasStartedAnew(t *testing.T) {
	var now *transport.Server
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { now.ServeHTTP(w, r) }))
	defer server.Close()
	h := &handler{}
	c := connect(t, transport.ClientConfig{Addr: server.Listener.Addr().String(), Key: []byte("k"), Plain: true})
	for i := range 3 {
		now = transport.NewServer(transport.ServerConfig{Handler: h, Key: []byte("k")})
		for range 2 {
			if resp := must(t, c, removal); resp.Code != transport.OK {
				t.Errorf("after %d restarts: %v %s", i, resp.Code, resp.Text)
			}
		}
	}
	if _, n := h.last(); n != 6 {
		t.Errorf("%d requests reached the Handler, want 6", n)
	}
}

// TestWritesUnderWayAreSignedAnew has as many writes as wait for each other meet a member that was started anew.
func TestWritesUnderWayAreSignedAnew(t *testing.T) {
	const writes = 8
	before := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("k")})
	after := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("k")})
	var came atomic.Int64
	all := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := came.Add(1); {
		case n <= 2: // who it is, and the first write
			before.ServeHTTP(w, r)
			return
		case n == 2+writes:
			close(all)
		}
		<-all
		after.ServeHTTP(w, r)
	}))
	defer server.Close()
	c := connect(t, transport.ClientConfig{Addr: server.Listener.Addr().String(), Key: []byte("k"), Plain: true})
	must(t, c, removal)
	var work sync.WaitGroup
	for range writes {
		work.Go(func() {
			if resp, err := c.Do(t.Context(), removal); err != nil || resp.Code != transport.OK {
				t.Errorf("got %v %s, %v", resp.Code, resp.Text, err)
			}
		})
	}
	work.Wait()
}

// TestAWriteForAMemberOfAnEarlierRelease has a member that says nothing of receivers, and becomes one that does.
func TestAWriteForAMemberOfAnEarlierRelease(t *testing.T) {
	earlier, signed := true, 0
	s := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("k")})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Gocache-Receiver") != "" {
			signed++
		}
		if earlier {
			w = withoutReceiver{w}
		}
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	c := connect(t, transport.ClientConfig{Addr: server.Listener.Addr().String(), Key: []byte("k"), Plain: true})
	const writes = 3
	for _, earlier = range []bool{true, false} {
		for range writes {
			if resp := must(t, c, removal); resp.Code != transport.OK {
				t.Errorf("earlier: %v: %v %s", earlier, resp.Code, resp.Text)
			}
		}
	}
	if signed != writes-1 { // by the reply to the first one it is known
		t.Errorf("%d writes named a receiver, want %d", signed, writes-1)
	}
}

// withoutReceiver leaves out what earlier releases do not say.
type withoutReceiver struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w withoutReceiver) WriteHeader(status int) {
	w.Header().Del("Gocache-Receiver")
	w.ResponseWriter.WriteHeader(status)
}
