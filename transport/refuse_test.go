package transport_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/transport"
)

func TestEveryCodeHasItsStatus(t *testing.T) {
	for code, status := range map[transport.Code]int{
		transport.NotFound: 404, transport.NotCached: 504, transport.UnknownGroup: 404, transport.Superseded: 409,
		transport.BadRequest: 400, transport.TooLarge: 413, transport.Unauthorized: 401, transport.Origin: 502,
		transport.Timeout: 504, transport.Overloaded: 503, transport.Unreachable: 503, transport.Unavailable: 503,
		transport.Internal: 500,
	} {
		addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Code: code, Text: "why"})})
		retry := ""
		if status == 503 {
			retry = "1"
		}
		header := map[string]string{
			"Gocache-Error": code.String(), "Retry-After": retry, "Cache-Control": "no-store", "Content-Length": "4",
			"Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff",
		}
		expect(t, curl(t, addr, "GET", "/_gocache/g/k"), status, "why\n", header)
		expect(t, curl(t, addr, "HEAD", "/_gocache/g/k"), status, "", header)
	}
}

func TestMalformedRequestsAreRefused(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	for _, test := range []struct {
		method, path string
		line         string
		status       int
		allow        string
	}{
		{"GET", "/_gocache/", "", 400, ""},
		{"HEAD", "/_gocache/", "", 400, ""},
		{"DELETE", "/_gocache/", "", 400, ""},
		{"POST", "/_gocache/", "", 400, ""},
		{"GET", "/_gocache/x", "", 400, ""},
		{"HEAD", "/_gocache/x", "", 400, ""},
		{"GET", "/_gocache//k", "", 400, ""},
		{"PUT", "/_gocache//k", "", 400, ""},
		{"DELETE", "/_gocache//", "", 400, ""},
		{"GET", "/_gocache/g/k?query", "", 400, ""},
		{"GET", "/_gocache/g/%", "", 400, ""},
		{"GET", "/_gocache/g/%zz", "", 400, ""},
		{"GET", "/_gocache/%4/k", "", 400, ""},
		{"GET", "/_gocache/g/k\x00", "", 400, ""},
		{"GET", "/_gocache/g/k", "Content-Length: 1", 400, ""},
		{"GET", "/_gocache/g/k", "Transfer-Encoding: chunked", 400, ""},
		{"DELETE", "/_gocache/g", "Content-Length: 1", 400, ""},
		{"GET", "/_gocache/g/k", "Gocache-Timeout: x", 400, ""},
		{"DELETE", "/_gocache/g/k", `If-Match: "x"`, 400, ""},
		{"DELETE", "/_gocache/g", "If-None-Match: *", 400, ""},
		{"PUT", "/_gocache/g/k", "Content-Range: bytes 0-0/3", 400, ""},
		{"PUT", "/_gocache/x", "", 405, "POST, DELETE"},
		{"POST", "/_gocache/x", "", 400, ""},
		{"POST", "/_gocache/g/k", "", 405, "GET, HEAD, PUT, DELETE"},
		{"PATCH", "/_gocache/g/k", "", 405, "GET, HEAD, PUT, DELETE"},
		{"get", "/_gocache/g/k", "", 405, "GET, HEAD, PUT, DELETE"},
		{"GET", "/", "", 404, ""},
		{"GET", "/_gocache", "", 404, ""},
		{"GET", "//_gocache/g/k", "", 404, ""},
		{"GET", "/x/../_gocache/g/k", "", 404, ""},
		{"GET", "/%5Fgocache/g/k", "", 404, ""},
		{"OPTIONS", "*", "", 200, ""},
	} {
		lines := []string{"Connection: close"}
		if test.line != "" {
			lines = append(lines, test.line)
		}
		got := curl(t, addr, test.method, test.path, append(lines, "\r\n0\r\n")...)
		if got.status != test.status || got.header.Get("Allow") != test.allow {
			t.Errorf("%s %q %s: got %d, Allow %q", test.method, test.path, test.line, got.status, got.header.Get("Allow"))
		}
		if test.method == "HEAD" && got.body != "" || test.method != "HEAD" && test.status != 200 && got.body == "" {
			t.Errorf("%s %q: the body is %q", test.method, test.path, got.body)
		}
	}
	if r, n := h.last(); n != 0 {
		t.Errorf("%+v reached the Handler", r)
	}
}

// TestATooLongBodyIsRefusedBeforeItIsRead sends no byte of the body that it announces, or no end of it.
func TestATooLongBodyIsRefusedBeforeItIsRead(t *testing.T) {
	h := &handler{limit: 10}
	addr := serve(t, transport.ServerConfig{Handler: h})
	const put = "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\n"
	for name, text := range map[string]string{
		"100-continue":     put + "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n",
		"a lying length":   put + "Content-Length: 999999999999999\r\n\r\n",
		"chunks":           put + "Transfer-Encoding: chunked\r\n\r\nfffff\r\n" + strings.Repeat("x", 0xfffff),
		"a chunk's length": put + "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n" + strings.Repeat("x", 512<<10),
	} {
		t.Run(name, func(t *testing.T) {
			got := raw(t, addr, text)[0]
			if got.status != 413 || got.header.Get("Gocache-Error") != "too-large" || !got.last {
				t.Errorf("got %d %v", got.status, got.header)
			}
		})
	}
	if _, n := h.last(); n != 0 {
		t.Error("it reached the Handler")
	}
}

// TestChunksOfAnEarlierHTTPAreNotTakenForNothing sends a body that net/http does not look for.
func TestChunksOfAnEarlierHTTPAreNotTakenForNothing(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	const put = "PUT /_gocache/g/k HTTP/1.0\r\nHost: x\r\n"
	if got := raw(t, addr, put+"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")[0]; got.status != 400 {
		t.Errorf("got %d", got.status)
	}
	if _, n := h.last(); n != 0 {
		t.Error("it reached the Handler")
	}
	if got := raw(t, addr, put+"Content-Length: 1\r\n\r\na")[0]; got.status != 204 {
		t.Errorf("got %d", got.status)
	}
}

func TestATruncatedBodyIsNotStored(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	for _, text := range []string{"Content-Length: 5\r\n\r\nabcd", "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\n"+text)
		conn.(*net.TCPConn).CloseWrite()
		if got := readReply(t, bufio.NewReader(conn), "PUT "); got.status != 400 {
			t.Errorf("%q: got %d", text, got.status)
		}
		conn.Close()
	}
	if _, n := h.last(); n != 0 {
		t.Error("it reached the Handler")
	}
}

func TestRefusedRequestsLeaveTheConnectionUsable(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(tom)})
	const get = "GET /_gocache/g/k HTTP/1.1\r\nHost: x\r\n\r\n"
	got := raw(t, addr,
		"PUT /_gocache/none/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", get,
		"POST /_gocache/g/k HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde", get)
	for i, status := range []int{404, 200, 405, 200} {
		if got[i].status != status {
			t.Errorf("reply %d is %d, want %d", i, got[i].status, status)
		}
	}
}

func TestAPanickingHandlerFailsItsRequestAlone(t *testing.T) {
	h := &handler{}
	h.serve = func(_ context.Context, r transport.Request) transport.Response {
		if r.Key == "boom" {
			panic(http.ErrAbortHandler)
		}
		return tom
	}
	var log strings.Builder
	s := transport.NewServer(transport.ServerConfig{Handler: h, Logger: zerolog.New(&log)})
	addr := start(t, s)
	expect(t, curl(t, addr, "GET", "/_gocache/g/boom"), 500, "internal error\n", map[string]string{"Gocache-Error": "internal"})
	expect(t, curl(t, addr, "GET", "/_gocache/g/k"), 200, "630", nil)
	s.Close()
	if !strings.Contains(log.String(), "request handler panicked") || !strings.Contains(log.String(), "TestAPanickingHandler") {
		t.Errorf("the log says %.500s", log.String())
	}
}
