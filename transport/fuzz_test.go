package transport_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

const host = " HTTP/1.1\r\nHost: x\r\n"

func FuzzPathsRoundTrip(f *testing.F) {
	for _, key := range keys() {
		f.Add("g", key)
		f.Add(key, "k")
	}
	f.Fuzz(func(t *testing.T, group, key string) {
		path := transport.RequestPath(transport.Request{Group: group, Key: key})
		u, err := url.ParseRequestURI(path)
		if err != nil || u.EscapedPath() != path || strings.Contains(path, "/../") || strings.Contains(path, "/./") {
			t.Fatalf("net/url takes %q for %q, %v", path, u, err)
		}
		for _, plus := range []bool{false, true} {
			g, k, hasKey, err := transport.ParsePath(strings.TrimPrefix(path, transport.Prefix), plus)
			if group == "" {
				if err == nil {
					t.Fatal("a path without a group was taken")
				}
				continue
			}
			if err != nil || !hasKey || g != group || k != key {
				t.Fatalf("%q was read as %q, %q, %v, %v", path, g, k, hasKey, err)
			}
		}
	})
}

// FuzzParsePath compares it with a naive reading, byte by byte.
func FuzzParsePath(f *testing.F) {
	for _, key := range keys() {
		f.Add("g/"+key, false)
		f.Add(key, true)
	}
	f.Fuzz(func(t *testing.T, escaped string, plus bool) {
		group, key, hasKey, err := transport.ParsePath(escaped, plus)
		first, rest, slash := strings.Cut(escaped, "/")
		wantGroup, ok1 := unescape(first, plus)
		wantKey, ok2 := unescape(rest, plus)
		if ok := ok1 && ok2 && wantGroup != ""; ok != (err == nil) {
			t.Fatalf("%q: %v, want an error: %v", escaped, err, !ok)
		}
		if err == nil && (group != wantGroup || key != wantKey || hasKey != slash) {
			t.Fatalf("%q: %q, %q, %v", escaped, group, key, hasKey)
		}
	})
}

func unescape(s string, plus bool) (string, bool) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			out = append(out, ' ')
		case s[i] != '%':
			out = append(out, s[i])
		case i+2 >= len(s):
			return "", false
		default:
			b, err := hex.DecodeString(s[i+1 : i+3])
			if err != nil {
				return "", false
			}
			out = append(out, b...)
			i += 2
		}
	}
	return string(out), true
}

func FuzzHeaders(f *testing.F) {
	for _, s := range []string{
		"", "0", "1", "-1", "max-age=60", `private, max-age="5"`, "max-age", "application/x-protobuf;q=0.0", ",;,=", "9e9",
		"9223372036854775807", "9223372036854775808", "max-age=9223372036854775808",
	} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		h := http.Header{"Cache-Control": {a, b}, "Gocache-Ttl": {b}, "Gocache-Timeout": {a}}
		transport.AcceptsProtobuf([]string{a, b})
		ttl, err := transport.Life(h)
		if ttl < 0 || err != nil && ttl != 0 || b == "" && !strings.Contains(strings.ToLower(a), "max-age=") && ttl != 0 {
			t.Fatalf("life %v, %v", ttl, err)
		}
		left, err := transport.Millis(h, "Gocache-Timeout")
		if (err == nil && a != "") != (left > 0) || left%time.Millisecond != 0 {
			t.Fatalf("timeout %q is read as %v, %v", a, left, err)
		}
	})
}

// FuzzVerify: nothing passes but what was signed, unchanged and once.
func FuzzVerify(f *testing.F) {
	f.Add("", "GET", "/_gocache/g/k", "v", false)
	f.Add("1 s 0 00", "PUT", "/_gocache/g/k", "v", true)
	f.Add("   ", "DELETE", "/_gocache/g/k", "", false)
	f.Fuzz(func(t *testing.T, auth, method, path, body string, signed bool) {
		u, err := url.ParseRequestURI(path)
		if err != nil {
			t.Skip()
		}
		r := httptest.NewRequest("PUT", "/", nil)
		r.Method, r.URL = method, u
		r.Header.Set("Gocache-Auth", auth)
		v := transport.NewVerifier("secret")
		if v.Verify(r, body) == nil {
			t.Fatalf("%q passed", auth)
		}
		if !signed {
			return
		}
		transport.NewSigner("secret").Sign(r, body)
		if err := v.Verify(r, body); err != nil {
			t.Fatalf("%q was refused: %v", r.Header.Get("Gocache-Auth"), err)
		}
		read := method == "GET" || method == "HEAD"
		if err := v.Verify(r, body); (err == nil) != read {
			t.Fatalf("the second time: %v", err)
		}
		if r.Header.Set("Gocache-Auth", r.Header.Get("Gocache-Auth")+auth); auth != "" && v.Verify(r, body) == nil {
			t.Fatal("with something behind it, it passed")
		}
	})
}

// FuzzReadBody compares it with io.ReadAll, whatever length is told.
func FuzzReadBody(f *testing.F) {
	f.Add([]byte("abc"), int64(3), 3)
	f.Add([]byte("abc"), int64(-1), 2)
	f.Add(make([]byte, 5000), int64(-1), 5000)
	f.Add([]byte(""), int64(math.MaxInt64), math.MaxInt)
	f.Fuzz(func(t *testing.T, body []byte, length int64, limit int) {
		if limit < 0 {
			t.Skip()
		}
		got, err := transport.ReadBody(bytes.NewReader(body), length, limit)
		whole := len(body) <= limit && (length < 0 || length == int64(len(body)))
		if whole != (err == nil) || whole && !bytes.Equal(got, body) {
			t.Fatalf("%d bytes, told %d, limit %d: %d bytes, %v", len(body), length, limit, len(got), err)
		}
		if cap(got) > max(1<<20, 4*len(body)) {
			t.Fatalf("%d bytes, told %d: %d are allocated", len(body), length, cap(got))
		}
	})
}

func FuzzReadReply(f *testing.F) {
	for _, text := range []string{
		"HTTP/1.1 200 OK\r\n" + rawType + "Content-Length: 2\r\nGocache-Ttl: 5\r\n\r\nhi",
		"HTTP/1.1 200 OK\r\n" + rawType + "Transfer-Encoding: chunked\r\nGocache-Qps: NaN\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
		"HTTP/1.1 404 No\r\nGocache-Error: not-found\r\nContent-Length: 4\r\n\r\nwhy\n",
		"HTTP/1.1 204 No\r\n\r\n", "HTTP/1.1 101 No\r\n\r\n",
	} {
		for op := range uint8(4) {
			f.Add([]byte(text), op)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, op uint8) {
		const limit = 64
		reply, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
		if err != nil {
			t.Skip()
		}
		defer reply.Body.Close()
		r := transport.Request{Op: transport.Op(op % 4), MaxReply: limit}
		resp, err := transport.ReadReply(reply, r)
		ok := err == nil && resp.Code == transport.OK
		switch {
		case ok && r.Op == transport.Get && reply.StatusCode != 200, ok && r.Op != transport.Get && reply.StatusCode != 204:
			t.Fatalf("status %d was taken for success", reply.StatusCode)
		case len(resp.Value) > limit || len(resp.Text) > transport.MaxErrorText+1 || resp.TTL < 0:
			t.Fatalf("%d bytes, %d of text, %v", len(resp.Value), len(resp.Text), resp.TTL)
		case !(resp.MinuteQPS >= 0) || math.IsInf(resp.MinuteQPS, 0):
			t.Fatalf("a rate of %v", resp.MinuteQPS)
		}
	})
}

// FuzzServer sends anything to a server whose Handler never fails. It must answer or hang up, and never say that it is at
// fault: of 5xx, net/http's refusals of other HTTP versions and encodings alone are allowed.
func FuzzServer(f *testing.F) {
	for _, text := range []string{
		"GET /_gocache/g/k" + host + "\r\n", "GET /_gocache/g/k HTTP/1.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"HEAD /_gocache/g/%2F%00" + host + "Accept: application/x-protobuf\r\n\r\nGET /" + host + "\r\n",
		"PUT /_gocache/g/k" + host + "Cache-Control: max-age=5\r\nContent-Length: 3\r\n\r\nabcDELETE /_gocache/g" + host + "\r\n",
		"PUT /_gocache/g/k" + host + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
		"POST /_gocache/g" + host + "\r\n",
		"GET /_gocache/g/k" + host + "Gocache-Hop: 1\r\nGocache-Timeout: 5\r\nGocache-Auth: 1 s 2 00\r\n\r\n",
		"\x16\x03\x01\x00", "\r\n\r\n",
		"GET /_gocache/" + host + "Connection: Upgrade\r\nUpgrade: gocache\r\n\r\n",
		"CONNECT x:1" + host + "\r\n",
	} {
		f.Add([]byte(text), false)
		f.Add([]byte(text), true)
	}
	plain := serve(f, transport.ServerConfig{Handler: fixed(tom)})
	keyed := serve(f, transport.ServerConfig{Handler: fixed(tom), Key: []byte("k"), GroupcacheCompat: true})
	f.Fuzz(func(t *testing.T, text []byte, key bool) {
		addr := plain
		if key {
			addr = keyed
		}
		for _, status := range statuses(t, addr, text) {
			if status >= 500 && status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported {
				t.Fatalf("got %d", status)
			}
		}
	})
}

// statuses sends text and returns the statuses of all replies to it.
func statuses(t *testing.T, addr string, text []byte) []int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	conn.Write(text) // an error is the server's hanging up
	conn.(*net.TCPConn).CloseWrite()
	out, err := io.ReadAll(conn)
	if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		t.Fatalf("no end of the reply: %q", out)
	}
	var all []int
	for _, line := range statusLine.FindAllSubmatch(out, -1) {
		status, _ := strconv.Atoi(string(line[1]))
		all = append(all, status)
	}
	return all
}

// statusLine finds replies: no body of ours holds one.
var statusLine = regexp.MustCompile(`HTTP/1\.[01] (\d{3})`)
