package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// The kinds of frames.
const (
	kindRequest = 1 + iota
	kindReply
	kindCancel
	kindPing
	kindPong
	kindProof
	kindGoAway
	kindLarge
)

var shake = transport.Handshake{Host: "x", ClientNonce: "c"}

// framed upgrades a connection of a stranger's making.
func framed(tb testing.TB, addr string) (net.Conn, *bufio.Reader) {
	tb.Helper()
	conn, in, _ := framedIn(tb, addr, "")
	return conn, in
}

// framedIn is framed for a further lane of a session, or the first of a new one, which it names.
func framedIn(tb testing.TB, addr, session string) (net.Conn, *bufio.Reader, string) {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	in := bufio.NewReader(conn)
	greeting := shake
	greeting.Session = session
	io.WriteString(conn, greeting.Request())
	reply, err := http.ReadResponse(in, nil)
	if err != nil || reply.StatusCode != http.StatusSwitchingProtocols {
		tb.Fatalf("%v, %v", reply, err)
	}
	return conn, in, reply.Header.Get("Gocache-Session")
}

// readFrame returns the next frame.
func readFrame(in io.Reader) (kind byte, message []byte, err error) {
	var head [5]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return 0, nil, err
	}
	message = make([]byte, binary.BigEndian.Uint32(head[:])-1)
	_, err = io.ReadFull(in, message)
	return head[4], message, err
}

func TestRequestsAreAnsweredInAnyOrder(t *testing.T) {
	release := make(chan struct{})
	h := &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
		if r.Key == "slow" {
			<-release
		}
		return transport.Response{Value: []byte(r.Key)}
	}}
	conn, in := framed(t, serve(t, transport.ServerConfig{Handler: h}))
	var ask []byte
	for i, key := range []string{"slow", "fast"} {
		ask = transport.AppendRequest(ask, uint64(i+1), transport.Request{Group: "g", Key: key}, time.Minute)
	}
	conn.Write(ask)
	for _, want := range []string{"fast", "slow"} {
		kind, message, err := readFrame(in)
		if kind != kindReply || !strings.HasSuffix(string(message), want) {
			t.Fatalf("got %d %q %v, want %s", kind, message, err, want)
		}
		if want == "fast" {
			close(release)
		}
	}
}

func TestFramesMayComeInAnyPieces(t *testing.T) {
	conn, in := framed(t, serve(t, transport.ServerConfig{Handler: answer(tom)}))
	ask := transport.AppendRequest(nil, 7, transport.Request{Group: "g", Key: "k"}, time.Minute)
	ask = append(transport.AppendSignal(ask, kindPing, 9), ask...)
	for i := range ask {
		conn.Write(ask[i : i+1])
	}
	seen := map[byte]int{}
	for range 3 {
		kind, _, err := readFrame(in)
		if err != nil {
			t.Fatal(err)
		}
		seen[kind]++
	}
	if seen[kindReply] != 2 || seen[kindPong] != 1 {
		t.Errorf("got %v", seen)
	}
}

// hostile are frames that no client sends.
func hostile() map[string][]byte {
	get := transport.AppendRequest(nil, 1, transport.Request{Group: "g", Key: "k"}, 0)
	return map[string][]byte{
		"no length":       {0, 0, 0, 0, kindRequest},
		"too long":        {0xff, 0xff, 0xff, 0xff, kindRequest},
		"over the limit":  append(binary.BigEndian.AppendUint32(nil, 64<<10), make([]byte, 64<<10)...),
		"not protobuf":    {0, 0, 0, 3, kindRequest, 0xff, 0xff},
		"ends in a field": {0, 0, 0, 4, kindRequest, 0x1a, 0x7f, 'g'},
		"cut":             get[:len(get)-1],
		"HTTP":            []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
	}
}

func TestHostileFramesEndTheirConnectionAlone(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(tom)})
	for name, text := range hostile() {
		conn, in := framed(t, addr)
		conn.Write(text)
		conn.(*net.TCPConn).CloseWrite()
		if kind, message, err := readFrame(in); err == nil {
			t.Errorf("%s: got %d %q", name, kind, message)
		}
	}
	must(t, connect(t, transport.ClientConfig{Addr: addr}), transport.Request{Group: "g"})
}

func TestUnknownFramesAndFieldsAreSkipped(t *testing.T) {
	conn, in := framed(t, serve(t, transport.ServerConfig{Handler: answer(tom)}))
	get := transport.AppendRequest(nil, 1, transport.Request{Group: "g", Key: "k"}, 0)
	get = append(get, 0xfa, 0x07, 1, 'x') // field 127
	get[3] += 4
	conn.Write(append([]byte{0, 0, 0, 2, 99, 1}, get...))
	if kind, message, err := readFrame(in); kind != kindReply || !strings.HasSuffix(string(message), "630") {
		t.Errorf("got %d %q %v", kind, message, err)
	}
}

func TestBadRequestsInFramesAreRefused(t *testing.T) {
	h := &handler{limit: 10}
	c := pair(t, h)
	for what, r := range map[string]transport.Request{"no group": {Key: "k"}, "no keys": {Op: transport.GetMany, Group: "g"}} {
		if resp := must(t, c, r); resp.Code != transport.BadRequest {
			t.Errorf("%s: got %v %s", what, resp.Code, resp.Text)
		}
	}
	conn, in := framed(t, serve(t, transport.ServerConfig{Handler: h}))
	conn.Write(transport.AppendRequest(nil, 1, transport.Request{Op: 99, Group: "g"}, 0))
	if kind, message, err := readFrame(in); kind != kindReply || !bytes.Contains(message, []byte("no such operation")) {
		t.Errorf("got %d %q %v", kind, message, err)
	}
	if r, n := h.last(); n != 0 {
		t.Errorf("%+v reached the Handler", r)
	}
}

func TestAServerThatDoesNotUpgradeIsAskedInPlainHTTP(t *testing.T) {
	for name, refusal := range map[string]string{
		"no":              "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"a later version": "HTTP/1.1 426 Upgrade Required\r\nGocache-Frames: 2\r\nContent-Length: 0\r\n\r\n",
		"other frames":    "HTTP/1.1 101 Switching Protocols\r\nGocache-Frames: 2\r\n\r\n",
	} {
		var upgrades atomic.Int32
		addr := strange(t, func(r *http.Request) string {
			if r.Header.Get("Upgrade") != "" {
				upgrades.Add(1)
				return refusal
			}
			return "HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 1\r\n\r\nv"
		})
		c := connect(t, transport.ClientConfig{Addr: addr})
		for range 3 {
			if resp := must(t, c, transport.Request{Group: "g"}); string(resp.Value) != "v" {
				t.Errorf("%s: got %v %q", name, resp.Code, resp.Value)
			}
		}
		if n := upgrades.Load(); n != 1 {
			t.Errorf("%s: %d upgrades were asked for", name, n)
		}
	}
}

func TestAServerKnowsWhichFramesItSpeaks(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: &handler{}})
	for _, test := range []struct {
		line   string
		status int
	}{{"Gocache-Frames: 3, 2", 426}, {"", 426}, {"Gocache-Frames: 2, 1", 101}} {
		got := curl(t, addr, "GET", "/_gocache/", "Upgrade: gocache", "Connection: Upgrade", "Gocache-Nonce: n", test.line)
		if got.status != test.status || got.header.Get("Gocache-Frames") != "1" {
			t.Errorf("%q: got %d %v", test.line, got.status, got.header)
		}
	}
	for _, line := range []string{"", "Gocache-Nonce: " + strings.Repeat("n", 129), "Gocache-Nonce: n\r\nGocache-Session: none"} {
		got := curl(t, addr, "GET", "/_gocache/", "Upgrade: gocache", "Connection: Upgrade", "Gocache-Frames: 1", line)
		if got.status != 400 || got.header.Get("Gocache-Error") != "bad-request" {
			t.Errorf("%.40q: got %d %s", line, got.status, got.body)
		}
	}
}

func TestOnlyAnUpgradeForTheServerIsOne(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: &handler{}})
	const upgrade = "Upgrade: gocache\r\nGocache-Frames: 1\r\nGocache-Nonce: n\r\n"
	for text, status := range map[string]int{
		"HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, upgrade\r\n" + upgrade + "\r\n":                            101,
		"HTTP/1.1\r\nHost: x\r\n" + upgrade + "\r\n":                                                               400,
		"HTTP/1.0\r\nHost: x\r\nConnection: Upgrade\r\n" + upgrade + "\r\n":                                        400,
		"HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" + upgrade + "Content-Length: 2\r\n\r\nab":                 400,
		"HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" + upgrade + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
	} {
		if got := raw(t, addr, "GET /_gocache/ "+text)[0]; got.status != status {
			t.Errorf("%q: got %d, want %d", text, got.status, status)
		}
	}
}

func TestAServerThatRestartsIsFoundAgain(t *testing.T) {
	l := listen(t)
	addr := l.Addr().String()
	c := connect(t, transport.ClientConfig{Addr: addr})
	for range 5 {
		s := transport.NewServer(transport.ServerConfig{Handler: answer(tom)})
		s.Start(l)
		for range 10 {
			if resp := must(t, c, transport.Request{Group: "g"}); string(resp.Value) != "630" {
				t.Errorf("got %v %q", resp.Code, resp.Value)
			}
		}
		s.Close()
		var err error
		if l, err = net.Listen("tcp", addr); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
}
