package transport_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport"
	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

var tom = transport.Response{Value: []byte("630"), TTL: 90*time.Second + 1, MinuteQPS: 2.5, Hit: true, Source: "local"}

// expect compares header fields; one that is wanted empty must not be there.
func expect(t *testing.T, got reply, status int, body string, header map[string]string) {
	t.Helper()
	if got.status != status || got.body != body {
		t.Errorf("got %d %q, want %d %q", got.status, got.body, status, body)
	}
	for field, want := range header {
		if value := strings.Join(got.header.Values(field), " | "); value != want {
			t.Errorf("%s is %q, want %q", field, value, want)
		}
	}
}

func TestGetAnswersWithTheRawValue(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(tom), Member: `a "b" \ é`})
	for _, method := range []string{"GET", "HEAD"} {
		body := map[string]string{"GET": "630"}[method]
		expect(t, curl(t, addr, method, "/_gocache/scores/Tom", "Accept: */*"), 200, body, map[string]string{
			"Content-Type": "application/octet-stream", "Content-Length": "3", "Gocache-Ttl": "90001", "Gocache-Qps": "2.5",
			"Cache-Control": "max-age=90", "Cache-Status": `"a \"b\" \\ ??"; hit; detail="local"; ttl=90`,
			"X-Content-Type-Options": "nosniff", "Vary": "Accept", "Gocache-Error": "",
		})
	}
}

func TestAMemberIsNotToldWhatItDoesNotRead(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(tom)})
	expect(t, curl(t, addr, "GET", "/_gocache/scores/Tom", "Gocache-Hop: 1"), 200, "630", map[string]string{
		"Content-Type": "application/octet-stream", "Gocache-Ttl": "90001", "Gocache-Qps": "2.5",
		"Cache-Control": "", "Cache-Status": "", "Vary": "", "X-Content-Type-Options": "",
	})
}

func TestAValueWithoutAnEndHasNoMaxAge(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Source: "a\r\nX-Bad: 1; b"})})
	expect(t, curl(t, addr, "GET", "/_gocache/g/k"), 200, "", map[string]string{
		"Content-Length": "0", "Gocache-Ttl": "", "Gocache-Qps": "", "Cache-Control": "", "X-Bad": "",
		"Cache-Status": `"p2pcache"; fwd=miss; detail="a??X-Bad: 1; b"`,
	})
}

// TestCacheStatusCanBeParsed holds the field to the grammar of RFC 8941: a string, and parameters of strings and integers.
func TestCacheStatusCanBeParsed(t *testing.T) {
	str := `"(?:[ !#-\[\]-~]|\\["\\])*"`
	grammar := regexp.MustCompile(`^` + str + `; (?:hit|fwd=miss)(?:; detail=` + str + `)?(?:; ttl=\d{1,15})?$`)
	for _, name := range append(keys(), "n1") {
		h := answer(transport.Response{TTL: 1<<63 - 1, Source: name})
		addr := serve(t, transport.ServerConfig{Handler: h, Member: name})
		if got := curl(t, addr, "GET", "/_gocache/g/k").header.Get("Cache-Status"); !grammar.MatchString(got) {
			t.Errorf("Cache-Status is %.80q", got)
		}
	}
}

func TestAcceptChoosesProtobuf(t *testing.T) {
	addr := serve(t, transport.ServerConfig{Handler: answer(tom)})
	for accept, want := range map[string]string{
		"application/x-protobuf":                      "application/x-protobuf",
		"text/html, Application/X-Protobuf;q=0.5":     "application/x-protobuf",
		"text/html\r\nAccept: application/x-protobuf": "application/x-protobuf",
		"application/x-protobuf;q=0":                  "application/octet-stream",
		"application/x-protobuf; q=0.00":              "application/octet-stream",
		"*/*":                                         "application/octet-stream",
		"application/*":                               "application/octet-stream",
		"application/x-protobuffer":                   "application/octet-stream",
		"":                                            "application/octet-stream",
		",;q=,\"":                                     "application/octet-stream",
		"application/octet-stream, application/x-protobuf;q=1": "application/x-protobuf",
	} {
		if got := curl(t, addr, "GET", "/_gocache/g/k", "Accept: "+accept).header.Get("Content-Type"); got != want {
			t.Errorf("Accept %q got %q, want %q", accept, got, want)
		}
	}
}

func TestProtobufIsGroupcachesMessage(t *testing.T) {
	for ttl, ends := range map[time.Duration]bool{0: false, time.Minute: true, 1<<63 - 1: true} {
		addr := serve(t, transport.ServerConfig{Handler: answer(transport.Response{Value: []byte("v"), TTL: ttl, MinuteQPS: 2})})
		before := time.Now().UnixNano()
		got := curl(t, addr, "GET", "/_gocache/g/k", "Accept: application/x-protobuf")
		head := curl(t, addr, "HEAD", "/_gocache/g/k", "Accept: application/x-protobuf")
		if got.header.Get("Content-Length") != head.header.Get("Content-Length") || head.body != "" {
			t.Errorf("HEAD says %v %q, GET %v", head.header, head.body, got.header)
		}
		var m pb.GetResponse
		if err := proto.Unmarshal([]byte(got.body), &m); err != nil {
			t.Fatal(err)
		}
		if string(m.Value) != "v" || m.MinuteQps != 2 {
			t.Errorf("the message says %q, %v", m.Value, m.MinuteQps)
		}
		if ends != (m.Expire != 0) || ends && m.Expire-before < min(int64(ttl), 1<<63-1-before) {
			t.Errorf("a life of %v ends at %d, asked at %d", ttl, m.Expire, before)
		}
	}
}

func TestPutStoresAndDeleteRemoves(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	for _, test := range []struct {
		got  reply
		want transport.Request
	}{
		{upload(t, addr, "/_gocache/g/k", "v"), transport.Request{Op: transport.Set, Group: "g", Key: "k", Value: []byte("v")}},
		{curl(t, addr, "DELETE", "/_gocache/g/k"), transport.Request{Op: transport.Remove, Group: "g", Key: "k"}},
		{curl(t, addr, "DELETE", "/_gocache/g/"), transport.Request{Op: transport.Remove, Group: "g"}},
		{curl(t, addr, "DELETE", "/_gocache/g"), transport.Request{Op: transport.Purge, Group: "g"}},
	} {
		expect(t, test.got, 204, "", map[string]string{"Content-Length": "", "Cache-Control": ""})
	}
	if _, n := h.last(); n != 4 {
		t.Errorf("%d requests reached the Handler, want 4", n)
	}
	raw(t, addr, "PUT /_gocache/g/k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
	if got, _ := h.last(); string(got.Value) != "abc" {
		t.Errorf("chunks arrived as %q", got.Value)
	}
}

func TestPutReadsHowLongAValueMayLive(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	for lines, want := range map[string]time.Duration{
		"X: y":                                           0,
		"Cache-Control: no-store":                        0,
		"Cache-Control: max-age=60":                      time.Minute,
		`Cache-Control: public, MAX-AGE="60"`:            time.Minute,
		"Cache-Control: x\r\nCache-Control: max-age=60":  time.Minute,
		"Cache-Control: max-age=99999999999999999999999": (1<<63 - 1) / time.Second * time.Second,
		"Gocache-Ttl: 1500\r\nCache-Control: max-age=60": 1500 * time.Millisecond,
		"Gocache-Ttl: 99999999999999999999999999999999":  (1<<63 - 1) / time.Millisecond * time.Millisecond,
	} {
		expect(t, upload(t, addr, "/_gocache/g/k", "v", lines), 204, "", nil)
		if got, _ := h.last(); got.TTL != want {
			t.Errorf("%q: %v, want %v", lines, got.TTL, want)
		}
	}
	_, before := h.last()
	for _, line := range []string{
		"Cache-Control: max-age=", "Cache-Control: max-age=0", "Cache-Control: max-age=-1", "Cache-Control: max-age=+1",
		"Cache-Control: max-age=1.5", "Cache-Control: max-age=0x10", "Cache-Control: max-age=1_0",
		"Gocache-Ttl: 0", "Gocache-Ttl: x",
		"Gocache-Timeout: 0", "Gocache-Timeout: -5", "Gocache-Timeout: soon", "If-None-Match: *", "If-None-Match: \"etag\"",
	} {
		got := upload(t, addr, "/_gocache/g/k", "v", line)
		if got.status != 400 || got.header.Get("Gocache-Error") != "bad-request" {
			t.Errorf("%q: got %d %v", line, got.status, got.header)
		}
	}
	if _, n := h.last(); n != before {
		t.Error("a refused request reached the Handler")
	}
}

func TestPathsAreReadAsTheyWereSent(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h})
	for path, want := range map[string][2]string{
		"/_gocache/g/":                  {"g", ""},
		"/_gocache/g//":                 {"g", "/"},
		"/_gocache/g/a/../b":            {"g", "a/../b"},
		"/_gocache/../x":                {"..", "x"},
		"/_gocache/g/a+b":               {"g", "a+b"},
		"/_gocache/g/a%2Fb%25":          {"g", "a/b%"},
		"/_gocache/g%2Fh/k":             {"g/h", "k"},
		"/_gocache/g%2Fh/\xc3\xa9":      {"g/h", "é"},
		"/_gocache/g%2Fh/\"%2B\"":       {"g/h", `"+"`},
		"http://else/_gocache/g/%00%ff": {"g", "\x00\xff"},
	} {
		expect(t, curl(t, addr, "GET", path), 200, "", nil)
		if got, _ := h.last(); got.Group != want[0] || got.Key != want[1] {
			t.Errorf("%q: group %q, key %q", path, got.Group, got.Key)
		}
	}
}

func TestFallbackServesOtherPaths(t *testing.T) {
	h := &handler{}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	addr := serve(t, transport.ServerConfig{Handler: h, Fallback: echo})
	for _, path := range []string{"/", "/_gocache", "/metrics", "/a//b/../c", "//_gocache/g/k"} {
		expect(t, curl(t, addr, "GET", path), 200, path, nil)
	}
}

func TestGroupcacheCompat(t *testing.T) {
	h := answer(tom)
	on := serve(t, transport.ServerConfig{Handler: h, GroupcacheCompat: true})
	off := serve(t, transport.ServerConfig{Handler: h})
	for _, test := range []struct {
		addr, path, line string
		kind, key        string
	}{
		{on, "/_gocache/g/a+b%2B", "X: y", "application/x-protobuf", "a b+"},
		{on, "/_gocache/g/a+b%2B\xc3\xa9", "X: y", "application/x-protobuf", "a b+é"},
		{on, "/_gocache/g/k", "Accept: */*", "application/octet-stream", "k"},
		{on, "/_gocache/g/k", "Gocache-Hop: 1", "application/octet-stream", "k"},
		{off, "/_gocache/g/a+b%2B", "X: y", "application/octet-stream", "a+b+"},
	} {
		got := curl(t, test.addr, "GET", test.path, test.line)
		if kind := got.header.Get("Content-Type"); kind != test.kind {
			t.Errorf("%q, %q: got %q", test.path, test.line, kind)
		}
		if r, _ := h.last(); r.Key != test.key {
			t.Errorf("%q: key %q, want %q", test.path, r.Key, test.key)
		}
	}
}
