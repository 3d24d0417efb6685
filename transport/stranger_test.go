package transport_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

// strange is a server that hands each request to reply, which returns what to write: "" ends the connection.
func strange(tb testing.TB, reply func(r *http.Request) string) string {
	tb.Helper()
	l := listen(tb)
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { converse(ctx, conn, reply) })
		}
	})
	tb.Cleanup(func() { l.Close(); cancel(); serving.Wait() })
	return l.Addr().String()
}

func converse(ctx context.Context, conn net.Conn, reply func(r *http.Request) string) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	in := bufio.NewReader(conn)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		io.Copy(io.Discard, r.Body)
		r.RemoteAddr = conn.RemoteAddr().String()
		text := reply(r)
		io.WriteString(conn, text)
		if text == "" || strings.Contains(text, lastReply) {
			return
		}
	}
}

// withLength puts a Content-Length into a reply.
func withLength(reply string) string {
	head, body, _ := strings.Cut(reply, "\r\n\r\n")
	return head + "\r\nContent-Length: " + itoa(len(body)) + "\r\n\r\n" + body
}

const (
	rawType   = "Content-Type: application/octet-stream\r\n"
	lastReply = "Connection: close\r\n"
)

func TestWhatIsNoMembersReplyIsAnError(t *testing.T) {
	for name, text := range map[string]string{
		"a stranger's 404":           "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
		"a stranger's page":          "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nhi",
		"a stranger's 202":           "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n",
		"an untyped page":            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
		"a part":                     "HTTP/1.1 206 Partial Content\r\n" + rawType + "Content-Length: 2\r\n\r\nhi",
		"a redirect":                 "HTTP/1.1 302 Found\r\nLocation: /_gocache/g/else\r\nContent-Length: 0\r\n\r\n",
		"a permanent redirect":       "HTTP/1.1 308 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
		"an upgrade":                 "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n" + rawType + "\r\nhi",
		"a code that is none":        "HTTP/1.1 404 Not Found\r\nGocache-Error: maybe\r\nContent-Length: 0\r\n\r\n",
		"an error that is ok":        "HTTP/1.1 404 Not Found\r\nGocache-Error: ok\r\nContent-Length: 0\r\n\r\n",
		"a life that is none":        "HTTP/1.1 200 OK\r\n" + rawType + "Gocache-Ttl: -1\r\nContent-Length: 2\r\n\r\nhi",
		"a truncated value":          "HTTP/1.1 200 OK\r\n" + rawType + lastReply + "Content-Length: 9\r\n\r\nhi",
		"a value without a chunk":    "HTTP/1.1 200 OK\r\n" + rawType + lastReply + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
		"a truncated error":          "HTTP/1.1 502 Bad\r\nGocache-Error: origin\r\n" + lastReply + "Content-Length: 9\r\n\r\nhi",
		"a value too long":           "HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 101\r\n\r\n",
		"a length that lies":         "HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 9223372036854775807\r\n\r\n",
		"a value without an end":     "HTTP/1.1 200 OK\r\n" + rawType + "Transfer-Encoding: chunked\r\n\r\nff\r\n" + strings.Repeat("x", 255),
		"a header without an end":    "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: y\r\n", 1<<15),
		"information without an end": strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", 1<<13),
		"no HTTP":                    "-ERR unknown command\r\n",
		"nothing":                    "",
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t, transport.ClientConfig{Addr: strange(t, func(*http.Request) string { return text })})
			for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove, transport.Purge} {
				if op != transport.Get && strings.Contains(text, rawType) && strings.Contains(text, " value") {
					continue
				}
				resp, err := c.Do(within(t), transport.Request{Op: op, Group: "g", Key: "secret-key", MaxReply: 100})
				if err == nil {
					t.Errorf("op %d was believed: %v %q", op, resp.Code, resp.Value)
				} else if strings.Contains(err.Error(), "secret-key") || !strings.HasPrefix(err.Error(), "transport: ") {
					t.Errorf("op %d: the error says %v", op, err)
				}
			}
		})
	}
}

func TestAMembersReplyIsRead(t *testing.T) {
	const early = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
	for text, want := range map[string]transport.Response{
		"HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 2\r\n\r\nhi":                            {Value: []byte("hi")},
		early + early + "HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 2\r\n\r\nhi":            {Value: []byte("hi")},
		"HTTP/1.1 200 OK\r\n" + rawType + lastReply + "\r\nhi":                                     {Value: []byte("hi")},
		"HTTP/1.1 200 OK\r\n" + rawType + "Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n": {Value: []byte("hi")},
		"HTTP/1.1 404 Not Found\r\nGocache-Error: not-found\r\nContent-Length: 4\r\n\r\nwhy\n":     {Code: transport.NotFound, Text: "why"},
		"HTTP/1.1 599 Later\r\nGocache-Error: overloaded\r\nContent-Length: 0\r\n\r\n":             {Code: transport.Overloaded},
	} {
		c := connect(t, transport.ClientConfig{Addr: strange(t, func(*http.Request) string { return text })})
		resp, err := c.Do(within(t), transport.Request{Group: "g", MaxReply: 2})
		if err != nil || resp.Code != want.Code || resp.Text != want.Text || !bytes.Equal(resp.Value, want.Value) {
			t.Errorf("%q was read as %+v, %v", text, resp, err)
		}
		c.Close()
	}
}

func TestMaxReplyBoundsAValue(t *testing.T) {
	value := make([]byte, 100)
	c := pair(t, answer(transport.Response{Value: value}))
	for limit, ok := range map[int]bool{0: true, 99: false, 100: true, 101: true, 1<<63 - 1: true} {
		resp, err := c.Do(within(t), transport.Request{Group: "g", MaxReply: limit})
		if (err == nil) != ok || ok && len(resp.Value) != 100 {
			t.Errorf("limit %d: %d bytes, %v", limit, len(resp.Value), err)
		}
	}
}

// hanging returns a handler that answers when the request is given up, and a channel that tells of each request.
func hanging() (*handler, chan struct{}) {
	asked := make(chan struct{}, 64)
	return &handler{serve: func(ctx context.Context, _ transport.Request) transport.Response {
		asked <- struct{}{}
		<-ctx.Done()
		return transport.Response{Code: transport.Timeout}
	}}, asked
}

func TestAMemberOfAnotherAuthorityIsNotBelieved(t *testing.T) {
	server, _ := certificates(t)
	addr := serve(t, transport.ServerConfig{Handler: answer(tom), TLS: server})
	_, other := certificates(t)
	other.RootCAs = nil
	plain := transport.ClientConfig{Addr: addr}
	for name, cfg := range map[string]transport.ClientConfig{"TLS": {Addr: addr, TLS: other}, "plain": plain} {
		if resp, err := connect(t, cfg).Do(within(t), transport.Request{Group: "g"}); err == nil {
			t.Errorf("%s: got %v %q", name, resp.Code, resp.Value)
		}
	}
}

func TestHTTP2IsNotSpoken(t *testing.T) {
	server, client := certificates(t)
	server.NextProtos = []string{"h2", "http/1.1"}
	client.NextProtos = []string{"h2", "http/1.1"}
	addr := serve(t, transport.ServerConfig{Handler: answer(tom), TLS: server})
	c := connect(t, transport.ClientConfig{Addr: addr, TLS: client})
	if got := must(t, c, transport.Request{Group: "g"}); string(got.Value) != "630" {
		t.Errorf("got %v", got)
	}
	pool := &http.Transport{TLSClientConfig: client, ForceAttemptHTTP2: true, DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: pool}).Get("https://" + addr + "/_gocache/g/k")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.ProtoMajor != 1 {
		t.Errorf("the server spoke %s", resp.Proto)
	}
}
