package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

// held is a Handler that holds some keys, and has to work for others.
type held struct {
	handler
	mu    sync.Mutex
	quick int // guarded by mu; answers that a connection asked for by itself
}

// ServeCached implements transport.CachedHandler.
func (h *held) ServeCached(r transport.Request) (transport.Response, bool) {
	resp := transport.Response{Value: []byte("value of " + r.Key), TTL: 90 * time.Second, Version: 7, Hit: true, Source: "local"}
	if strings.HasPrefix(r.Key, "large") {
		resp.Value = make([]byte, 64<<10)
	}
	if r.Group != "g" || strings.HasPrefix(r.Key, "miss") || r.MaxReply > 0 && len(resp.Value) > r.MaxReply {
		return transport.Response{}, false
	}
	if r.MaxReply > 0 {
		h.mu.Lock()
		h.quick++
		h.mu.Unlock()
	}
	return resp, true
}

// quickly counts the quick answers since it was called last.
func (h *held) quickly() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.quick
	h.quick = 0
	return n
}

const quickGet = "GET /_gocache/g/k%2F1 HTTP/1.1\r\nHost: 127.0.0.1:9999\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n"

// quickSeeds are texts that come to a server, of which some are quick requests, and some look like one.
var quickSeeds = []string{
	quickGet,
	quickGet + quickGet,
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/ HTTP/1.1\r\nHost: [::1]:9\r\nConnection: keep-alive\r\naccept: application/octet-stream\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\ntraceparent: 00-4bf92f-01\r\ntracestate: a=1,b=2\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost:\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: a b\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost : x\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n Content-Length: 5\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nUser-Agent: a\nContent-Length: 5\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nUser-Agent: a\rb\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\nHost: x\n\n",
	"GET /_gocache/g/k HTTP/1.0\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.10\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/k?q HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/k#f HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/%zz HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/% HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/%00%ff/..//. HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/%2e%2e/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache//k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET  /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/k  HTTP/1.1\r\nHost: x\r\n\r\n",
	"\r\nGET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET http://x/_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"HEAD /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"7-10\"\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nRange: bytes=1-2\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nAccept: application/x-protobuf\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nGocache-Hop: 1\r\n\r\n",
	"GET /_gocache/g/miss HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/g/large HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET /_gocache/none/k HTTP/1.1\r\nHost: x\r\n\r\n",
	"PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na" + quickGet,
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nUser-Agent: ü\r\n\r\n",
	"GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}

// FuzzQuickRequests sends texts, each to a server whose connections answer quick requests, and to net/http with the same server.
func FuzzQuickRequests(f *testing.F) {
	for _, first := range quickSeeds {
		f.Add([]byte(first), []byte(quickGet))
		f.Add([]byte(quickGet), []byte(first))
	}
	quick := serve(f, transport.ServerConfig{Handler: &held{}, Member: "m"})
	plain := serveByNetHTTP(f, transport.NewServer(transport.ServerConfig{Handler: &held{}, Member: "m"}))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		if len(second) < 4 {
			t.Skip("net/http replies to the beginning of a request only where it is the connection's first")
		}
		got, want := conversation(t, quick, first, second), conversation(t, plain, first, second)
		if len(got) != len(want) {
			t.Fatalf("%q, %q: got %d replies, %q, want %d, %q", first, second, len(got), got, len(want), want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%q, %q: reply %d is %q, want %q", first, second, i, got[i], want[i])
			}
		}
	})
}

func serveByNetHTTP(tb testing.TB, s *transport.Server) string {
	l := listen(tb)
	server := &http.Server{Handler: s, ReadTimeout: transport.ReadTimeout}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(l) })
	tb.Cleanup(func() { server.Close(); serving.Wait(); s.Close() })
	return l.Addr().String()
}

// conversation returns the replies to texts, the second of which is sent when the first was answered, or could be.
func conversation(tb testing.TB, addr string, texts ...[]byte) []string {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(conn)
	var replies []string
	for i, text := range texts {
		conn.Write(text) // which fails where an earlier reply was the last
		if i == len(texts)-1 || !isWhole(text) {
			break
		}
		replies = append(replies, nextReply(in)...)
	}
	conn.(*net.TCPConn).CloseWrite()
	for more := nextReply(in); len(more) > 0; more = nextReply(in) {
		replies = append(replies, more...)
	}
	return replies
}

// isWhole reports whether text is one request that is answered without another byte.
func isWhole(text []byte) bool {
	in := bufio.NewReader(bytes.NewReader(text))
	r, err := http.ReadRequest(in)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, r.Body)
	return err == nil && in.Buffered() == 0 && r.Method != http.MethodHead && r.Header.Get("Expect") == ""
}

// nextReply is the next reply without its time, or none where there is none.
func nextReply(in *bufio.Reader) []string {
	reply, err := http.ReadResponse(in, nil)
	if err != nil {
		return nil
	}
	defer reply.Body.Close()
	reply.Header.Del("Date")
	body, err := io.ReadAll(reply.Body)
	if reply.Header.Get("Content-Type") == "application/x-protobuf" {
		body, _, _ = bytes.Cut(body, []byte{3 << 3}) // the moment at which it expires
	}
	return []string{fmt.Sprint(reply.Status, reply.Proto, reply.Header, reply.ContentLength, reply.Close, string(body), err)}
}

func TestQuickRequestsAreFoundAmongOthers(t *testing.T) {
	h := &held{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	const get, miss = "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n", "GET /_gocache/g/miss HTTP/1.1\r\nHost: x\r\n\r\n"
	const large = "GET /_gocache/g/large HTTP/1.1\r\nHost: x\r\n\r\n"
	const other = "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\nX-Other: y\r\n\r\n"
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	ask := func(text string) (quick int) {
		io.WriteString(conn, text)
		if got := readReply(t, in, text); got.status != 200 {
			t.Errorf("%q: got %d", text, got.status)
		}
		return h.quickly()
	}
	for range 2 {
		if ask(get) != 1 {
			t.Error("a first request is not quick")
		}
	}
	for range 100 {
		if ask(miss) != 0 || ask(large) != 0 {
			t.Fatal("a quick reply without a small value at hand")
		}
		// net/http may have begun to read the next request before it waits for one: that one is its own.
		eventually(t, "a quick reply after net/http's", func() bool { return ask(get) == 1 })
	}
	if ask(other) != 0 || ask(get) != 0 {
		t.Error("a quick reply on a connection that was handed over")
	}
}

func TestQuickRequestsNeedNoSecretOnThisMachineOnly(t *testing.T) {
	for name, far := range map[string]bool{"near": false, "far": true} {
		h := &held{}
		s := transport.NewServer(transport.ServerConfig{Handler: h, Key: []byte("k")})
		l := listen(t)
		if s.Start(l); far {
			l = listen(t)
			s.Start(fromAfar{l})
		}
		t.Cleanup(func() { s.Close() })
		got := raw(t, l.Addr().String(), "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n")[0]
		if want := map[bool]int{false: 200, true: 401}[far]; got.status != want {
			t.Errorf("%s: got %d, want %d", name, got.status, want)
		}
		if n := h.quickly(); n != map[bool]int{false: 1}[far] {
			t.Errorf("%s: %d quick replies", name, n)
		}
	}
}

// TestQuickRequestsRenewTheConnectionsTime asks for longer than a connection may be idle, stops within a request, or reads nothing.
func TestQuickRequestsRenewTheConnectionsTime(t *testing.T) {
	const get = "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, test := range map[string]struct {
		rest  string
		least time.Duration
		most  time.Duration
	}{
		"then nothing":           {"", time.Minute, 3 * time.Minute},
		"then half a request":    {get[:10], 5 * time.Second, 15 * time.Second},
		"then what is not quick": {"POST /_gocache/g HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 2 * time.Second, 3 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, transport.ServerConfig{Handler: &held{}}, func(t *testing.T, _ *transport.Client, l *pipes) {
				conn, _ := l.dial(t.Context(), "", "")
				defer conn.Close()
				in := bufio.NewReader(conn)
				for range 10 {
					io.WriteString(conn, get)
					if got := readReply(t, in, get); got.status != 200 {
						t.Fatalf("got %d", got.status)
					}
					time.Sleep(time.Minute) // of the bubble
				}
				io.WriteString(conn, get)
				readReply(t, in, get)
				began := time.Now()
				io.WriteString(conn, test.rest)
				io.Copy(io.Discard, in)
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("it was given up after %v", took)
				}
			})
		})
	}
}

func TestABodyAfterQuickRequestsHasItsTime(t *testing.T) {
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(w, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusRequestTimeout)
		}
	})
	inBubble(t, transport.ServerConfig{Handler: &held{}, Fallback: page}, func(t *testing.T, _ *transport.Client, l *pipes) {
		conn, _ := l.dial(t.Context(), "", "")
		defer conn.Close()
		in := bufio.NewReader(conn)
		for range 2 {
			for range 3 {
				io.WriteString(conn, quickGet)
				readReply(t, in, quickGet)
				time.Sleep(time.Minute) // of the bubble
			}
			io.WriteString(conn, "POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
			time.Sleep(transport.ReadTimeout / 2)
			io.WriteString(conn, "b")
			if got := readReply(t, in, "POST /page HTTP/1.1\r\nHost: x\r\n\r\n"); got.body != "ab" {
				t.Errorf("got %d %q", got.status, got.body)
			}
		}
		io.WriteString(conn, "POST /page HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
		began := time.Now()
		io.Copy(io.Discard, in)
		if took := time.Since(began); took > 2*transport.ReadTimeout {
			t.Errorf("a body that does not come is given up after %v", took)
		}
	})
}

func TestAQuickReplyThatIsNotReadIsGivenUp(t *testing.T) {
	inBubble(t, transport.ServerConfig{Handler: &held{}}, func(t *testing.T, _ *transport.Client, l *pipes) {
		conn, _ := l.dial(t.Context(), "", "")
		defer conn.Close()
		io.WriteString(conn, quickGet)
		time.Sleep(transport.WriteTimeout + time.Second) // of the bubble
		if n, _ := io.Copy(io.Discard, conn); n > 0 {
			t.Errorf("%d bytes were still sent", n)
		}
	})
}

func TestCloseEndsAQuickConnection(t *testing.T) {
	s := transport.NewServer(transport.ServerConfig{Handler: &held{}})
	l := listen(t)
	s.Start(l)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	io.WriteString(conn, quickGet)
	readReply(t, in, quickGet)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if _, err := in.ReadByte(); err == nil {
		t.Error("the connection goes on")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
