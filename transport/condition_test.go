package transport_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

func TestConditionsAndRanges(t *testing.T) {
	value := strings.Repeat("0123456789", 10_000)
	addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: []byte(value), Version: 7})})
	tag := curl(t, addr, "HEAD", "/_gocache/g/k").header.Get("Etag")
	if tag == "" || tag[0] != '"' {
		t.Fatalf("the value is named %q", tag)
	}
	for _, test := range []struct {
		lines  []string
		status int
		body   string
	}{
		{nil, 200, value},
		{[]string{"If-None-Match: " + tag}, 304, ""},
		{[]string{`If-None-Match: "other", ` + tag}, 304, ""},
		{[]string{"If-None-Match: *"}, 304, ""},
		{[]string{`If-None-Match: "other"`}, 200, value},
		{[]string{"If-Match: " + tag}, 200, value},
		{[]string{`If-Match: "other"`}, 412, "the value is not the one that If-Match names\n"},
		{[]string{"Range: bytes=10-19"}, 206, "0123456789"},
		{[]string{"Range: bytes=-3"}, 206, "789"},
		{[]string{"Range: bytes=99995-"}, 206, "56789"},
		{[]string{"Range: bytes=10-19", "If-Range: " + tag}, 206, "0123456789"},
		{[]string{"Range: bytes=10-19", `If-Range: "other"`}, 200, value},
		{[]string{`If-None-Match: "other"`, "If-None-Match: W/" + tag}, 304, ""},
		{[]string{`If-Match: "other"`, "If-Match: " + tag}, 200, value},
		{[]string{"Range: lines=1-2"}, 200, value},
		{[]string{"Range: Bytes=10-19"}, 206, "0123456789"},
		{[]string{"Range: bytes=99995-99999999999999999999"}, 206, "56789"},
		{[]string{"Range: bytes=-99999999999999999999"}, 206, value},
		{[]string{"Range: bytes=-0, 10-19"}, 206, "0123456789"},
		{[]string{"Range: bytes=100000-"}, 416, "the value has no such range\n"},
		{[]string{"Range: bytes=99999999999999999999-"}, 416, "the value has no such range\n"},
		{[]string{"Range: bytes=-0"}, 416, "the value has no such range\n"},
		{[]string{"Range: bytes=3-1"}, 416, "the value has no such range\n"},
		{[]string{"Range: bytes=a-b"}, 416, "the value has no such range\n"},
	} {
		got := curl(t, addr, "GET", "/_gocache/g/k", test.lines...)
		if got.status != test.status || got.body != test.body {
			t.Errorf("%q: got %d %.40q, want %d %.40q", test.lines, got.status, got.body, test.status, test.body)
		}
		if wrong := got.header.Get("Gocache-Error"); (wrong == "bad-request") != (got.status >= 400) {
			t.Errorf("%q: the error is %q", test.lines, wrong)
		}
		if got.status == 416 && got.header.Get("Content-Range") != "bytes */100000" {
			t.Errorf("%q: the length is told as %q", test.lines, got.header.Get("Content-Range"))
		}
		if got.status < 400 && got.header.Get("Etag") != tag {
			t.Errorf("%q: the value is named %q", test.lines, got.header.Get("Etag"))
		}
	}
	if got := curl(t, addr, "HEAD", "/_gocache/g/k", "Range: bytes=10-19"); got.status != 200 || got.header.Get("Content-Length") != "100000" {
		t.Errorf("a part of a HEAD: got %d %v", got.status, got.header)
	}
	addr = serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: []byte(value)})})
	if tag := curl(t, addr, "GET", "/_gocache/g/k").header.Get("Etag"); tag != "" {
		t.Errorf("a value without a version is named %q", tag)
	}
}

// FuzzRange asks for parts of a value: what is sent is what is said to be.
func FuzzRange(f *testing.F) {
	for _, spec := range []string{"bytes=0-3", "bytes=-3", "bytes=-0", "bytes=5-", "bytes=3-1, 1-1", "bytes=,", "Bytes=0-", "lines=1-2", "bytes=9-99999999999999999999"} {
		f.Add(spec)
	}
	const value = "0123456789"
	s := transport.NewServer(transport.ServerConfig{Handler: answer(transport.Response{Value: []byte(value), Version: 7})})
	f.Cleanup(func() { s.Close() })
	f.Fuzz(func(t *testing.T, spec string) {
		r, w := httptest.NewRequest("GET", "/_gocache/g/k", nil), httptest.NewRecorder()
		r.Header.Set("Range", spec)
		s.ServeHTTP(w, r)
		part := w.Header().Get("Content-Range")
		var from, to int
		switch _, err := fmt.Sscanf(part, "bytes %d-%d/10", &from, &to); {
		case w.Code == 200 && part == "" && w.Body.String() == value:
		case w.Code == 416 && part == "bytes */10":
		case w.Code == 206 && strings.HasPrefix(w.Header().Get("Content-Type"), "multipart/byteranges"):
		case w.Code == 206 && err == nil && from <= to && w.Body.String() == value[from:to+1]:
		default:
			t.Errorf("%q: got %d %q %q", spec, w.Code, part, w.Body)
		}
	})
}
