package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	io.WriteString(conn, shake.Request())
	reply, err := http.ReadResponse(in, nil)
	if err != nil || reply.StatusCode != http.StatusSwitchingProtocols {
		tb.Fatalf("%v, %v", reply, err)
	}
	return conn, in
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

// lazy is a connection of which nothing is read after its first bytes until it is released.
type lazy struct {
	net.Conn
	reads   atomic.Int32
	release chan struct{}
}

// Read implements net.Conn.
func (l *lazy) Read(b []byte) (int, error) {
	if l.reads.Add(1) > 1 {
		<-l.release
	}
	return l.Conn.Read(b)
}

func TestLargeValuesDoNotStandBeforeSmallOnes(t *testing.T) {
	large := make([]byte, 8<<20)
	addr := serve(t, transport.ServerConfig{Handler: &handler{serve: func(_ context.Context, r transport.Request) transport.Response {
		if r.Key == "large" {
			return transport.Response{Value: large}
		}
		return tom
	}}})
	c := connect(t, transport.ClientConfig{Addr: addr})
	release := make(chan struct{})
	var dialled atomic.Int32
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if dialled.Add(1) > 1 && err == nil {
			return &lazy{Conn: conn, release: release}, nil
		}
		return conn, err
	})
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			resp, err := c.Do(within(t), transport.Request{Group: "g", Key: "large"})
			if err != nil || len(resp.Value) != len(large) {
				t.Errorf("got %d bytes, %v", len(resp.Value), err)
			}
		})
	}
	eventually(t, "lanes for large values are opened", func() bool { return dialled.Load() > 1 })
	for range 1000 {
		if resp := must(t, c, transport.Request{Group: "g", Key: "small"}); string(resp.Value) != "630" {
			t.Errorf("got %v %q", resp.Code, resp.Value)
		}
	}
	close(release)
	all.Wait()
}

func TestALargeValueForWhichThereIsNoConnectionIsAnError(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: make([]byte, 1<<20)})})
	c := connect(t, transport.ClientConfig{Addr: addr})
	var dialled atomic.Int32
	c.DialWith(func(ctx context.Context, network, addr string) (net.Conn, error) {
		if dialled.Add(1) > 1 {
			return nil, errors.New("too many open files")
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	})
	for range 2 {
		if _, err := c.Do(within(t), transport.Request{Group: "g"}); err == nil || !strings.Contains(err.Error(), "too many open files") {
			t.Errorf("a Get: %v", err)
		}
		if _, err := c.Do(within(t), transport.Request{Op: transport.Set, Group: "g", Value: make([]byte, 1<<20)}); err == nil {
			t.Error("a Set succeeded")
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
