package transport_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
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

// TestAWriteForAMemberOfAnEarlierRelease has a member that says nothing of receivers, and becomes one that does.
func TestAWriteForAMemberOfAnEarlierRelease(t *testing.T) {
	earlier := true
	s := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("k")})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if receiver := r.Header.Get("Gocache-Receiver"); (receiver != "") == earlier && r.Method == "DELETE" {
			t.Errorf("earlier: %v, the receiver is %q", earlier, receiver)
		}
		if earlier {
			w = withoutReceiver{w}
		}
		s.ServeHTTP(w, r)
	}))
	defer server.Close()
	for _, earlier = range []bool{true, false} {
		c := connect(t, transport.ClientConfig{Addr: server.Listener.Addr().String(), Key: []byte("k"), Plain: true})
		for range 2 {
			if resp := must(t, c, removal); resp.Code != transport.OK {
				t.Errorf("earlier: %v: %v %s", earlier, resp.Code, resp.Text)
			}
		}
	}
}

// withoutReceiver leaves out what earlier releases do not say.
type withoutReceiver struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w withoutReceiver) WriteHeader(status int) {
	w.Header().Del("Gocache-Receiver")
	w.ResponseWriter.WriteHeader(status)
}
