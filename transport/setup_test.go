package transport_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/transport"
)

func TestMain(m *testing.M) {
	// net/http reads it once: a proxy that nobody could pass.
	os.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	os.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	goleak.VerifyTestMain(m)
}

// handler answers each request by serve, and records it. Group "none" is unknown to it.
type handler struct {
	serve func(context.Context, transport.Request) transport.Response // if nil, the reply is the zero Response
	limit int                                                         // of values; if zero, 64 MiB

	mu    sync.Mutex
	asked []transport.Request // guarded by mu
}

// MaxValueBytes implements transport.Handler.
func (h *handler) MaxValueBytes(group string) (int, bool) {
	if h.limit == 0 {
		return 64 << 20, group != "none"
	}
	return h.limit, group != "none"
}

// Serve implements transport.Handler.
func (h *handler) Serve(ctx context.Context, r transport.Request) transport.Response {
	h.mu.Lock()
	h.asked = append(h.asked, r)
	h.mu.Unlock()
	if h.serve == nil {
		return transport.Response{}
	}
	return h.serve(ctx, r)
}

// last returns the last request and how many there were.
func (h *handler) last() (transport.Request, int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.asked) == 0 {
		return transport.Request{}, 0
	}
	return h.asked[len(h.asked)-1], len(h.asked)
}

// answer returns a handler that gives the same answer to all.
func answer(resp transport.Response) *handler {
	return &handler{serve: func(context.Context, transport.Request) transport.Response { return resp }}
}

// serve starts a server and returns its address.
func serve(tb testing.TB, cfg transport.ServerConfig) string {
	tb.Helper()
	return start(tb, transport.NewServer(cfg))
}

func start(tb testing.TB, s *transport.Server) string {
	tb.Helper()
	l := listen(tb)
	s.Start(l)
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("Close: %v", err)
		}
	})
	return l.Addr().String()
}

func listen(tb testing.TB) net.Listener {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// connect returns a client that takes nobody for dead because this machine is busy.
func connect(tb testing.TB, cfg transport.ClientConfig) *transport.Client {
	tb.Helper()
	cfg.Dial = new(net.Dialer).DialContext
	c := transport.NewClient(cfg)
	c.WaitFor(patience)
	tb.Cleanup(c.Close)
	return c
}

// pair connects a client to a server of h.
func pair(tb testing.TB, h *handler) *transport.Client {
	tb.Helper()
	return connect(tb, transport.ClientConfig{Addr: serve(tb, transport.ServerConfig{Handler: h})})
}

// certificates returns what a server and its client need for TLS on 127.0.0.1.
func certificates(tb testing.TB) (server, client *tls.Config) {
	tb.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates}, &tls.Config{RootCAs: roots}
}

// patience is far longer than anything here takes, were it on a machine that is busy.
const patience = 2 * time.Minute

// within bounds what should not take long.
func within(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	tb.Cleanup(cancel)
	return ctx
}

// must returns the reply to r.
func must(tb testing.TB, c *transport.Client, r transport.Request) transport.Response {
	tb.Helper()
	resp, err := c.Do(within(tb), r)
	if err != nil {
		tb.Fatalf("%v %q %.40q: %v", r.Op, r.Group, r.Key, err)
	}
	return resp
}

// reply is what a plain HTTP client got.
type reply struct {
	status int
	header http.Header
	body   string
	last   bool // of its connection
}

// raw sends text over a connection of its own and returns the replies to it, in order.
func raw(tb testing.TB, addr string, texts ...string) []reply {
	tb.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		tb.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	var replies []reply
	in := bufio.NewReader(conn)
	for _, text := range texts {
		if _, err := io.WriteString(conn, text); err != nil {
			tb.Fatal(err)
		}
		replies = append(replies, readReply(tb, in, text))
	}
	return replies
}

func readReply(tb testing.TB, in *bufio.Reader, request string) reply {
	tb.Helper()
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		tb.Fatalf("reply to %.60q: %v", request, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		tb.Fatalf("reply to %.60q: %v", request, err)
	}
	return reply{resp.StatusCode, resp.Header, string(body), resp.Close}
}

// curl sends a request without a body, with header lines as they are.
func curl(tb testing.TB, addr, method, path string, lines ...string) reply {
	tb.Helper()
	return raw(tb, addr, method+" "+path+" HTTP/1.1\r\nHost: x\r\n"+strings.Join(append(lines, "\r\n"), "\r\n"))[0]
}

// upload sends a body of a told length.
func upload(tb testing.TB, addr, path, body string, lines ...string) reply {
	tb.Helper()
	text := "PUT " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + itoa(len(body)) + "\r\n"
	for _, line := range lines {
		text += line + "\r\n"
	}
	return raw(tb, addr, text+"\r\n"+body)[0]
}
