package transport_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

func TestAClientWithAnotherKeyIsToldNothing(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("k")})
	c := connect(t, transport.ClientConfig{Addr: addr, Key: []byte("K")})
	if resp, err := c.Do(within(t), transport.Request{Group: "g", Peer: true}); err == nil {
		t.Errorf("got %v", resp.Code)
	}
	conn, in := framed(t, addr)
	conn.Write(transport.AppendProof(nil, shake.ClientProof("K")))
	conn.Write(transport.AppendRequest(nil, 1, transport.Request{Group: "g"}, 0))
	if kind, message, err := readFrame(in); err == nil {
		t.Errorf("a wrong proof: got %d %q", kind, message)
	}
	if _, n := h.last(); n != 0 {
		t.Error("one reached the Handler")
	}
}

// TestAProofIsGoodForOneConnection records what a client said to a member, and says it again.
func TestAProofIsGoodForOneConnection(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("k")})
	var said tape
	c := connect(t, transport.ClientConfig{Addr: addr, Key: []byte("k")})
	var sent bytes.Buffer
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &recorded{Conn: conn, sent: &sent, mu: &said.mu}, err
	})
	must(t, c, transport.Request{Op: transport.Remove, Group: "g", Key: "k", Peer: true})
	c.Close()
	for _, again := range []string{addr, serve(t, transport.ServerConfig{Handler: h, Key: []byte("k")})} {
		conn, err := net.Dial("tcp", again)
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(sent.Bytes())
		conn.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, conn)
		conn.Close()
	}
	if _, n := h.last(); n != 1 {
		t.Errorf("%d requests reached the Handler, want 1", n)
	}
}

// recorded is a connection that keeps what is sent.
type recorded struct {
	net.Conn
	mu   *sync.Mutex
	sent *bytes.Buffer
}

// Write implements net.Conn.
func (r *recorded) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent.Write(b)
	return r.Conn.Write(b)
}

func TestOutsideClientsShowATokenAndAreNoMembers(t *testing.T) {
	s := transport.NewServer(transport.ServerConfig{Handler: answer(tom), Key: []byte("k"), Token: "token"})
	l := listen(t)
	s.StartClients(fromAfar{l}, nil)
	t.Cleanup(func() { s.Close() })
	for _, plain := range []bool{false, true} {
		for _, test := range []struct {
			token, key string
			peer       bool
			want       transport.Code
		}{
			{"token", "", false, transport.OK},
			{"token", "", true, transport.Unauthorized},
			{"", "", false, transport.Unauthorized},
			{"tokem", "", false, transport.Unauthorized},
			{"", "k", false, transport.OK},
			{"", "k", true, transport.Unauthorized},
		} {
			c := connect(t, transport.ClientConfig{Addr: l.Addr().String(), Token: test.token, Key: []byte(test.key), Plain: plain})
			if resp := must(t, c, transport.Request{Group: "g", Peer: test.peer}); resp.Code != test.want {
				t.Errorf("plain %v: %+v got %v %s", plain, test, resp.Code, resp.Text)
			}
		}
	}
}

// fromAfar is a listener whose connections seem to come from another machine.
type fromAfar struct{ net.Listener }

// Accept implements net.Listener.
func (f fromAfar) Accept() (net.Conn, error) {
	conn, err := f.Listener.Accept()
	return &farConn{conn}, err
}

type farConn struct{ net.Conn }

// RemoteAddr implements net.Conn.
func (*farConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9} }
