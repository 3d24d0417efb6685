package transport_test

import (
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
		{[]string{"Range: lines=1-2"}, 416, "the value has no such range\n"},
		{[]string{"Range: bytes=100000-"}, 416, "the value has no such range\n"},
	} {
		got := curl(t, addr, "GET", "/_gocache/g/k", test.lines...)
		if got.status != test.status || got.body != test.body {
			t.Errorf("%q: got %d %.40q, want %d %.40q", test.lines, got.status, got.body, test.status, test.body)
		}
		if wrong := got.header.Get("Gocache-Error"); (wrong == "bad-request") != (got.status >= 400) {
			t.Errorf("%q: the error is %q", test.lines, wrong)
		}
		if got.status < 400 && got.header.Get("Etag") != tag {
			t.Errorf("%q: the value is named %q", test.lines, got.header.Get("Etag"))
		}
	}
	addr = serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: []byte(value)})})
	if tag := curl(t, addr, "GET", "/_gocache/g/k").header.Get("Etag"); tag != "" {
		t.Errorf("a value without a version is named %q", tag)
	}
}
