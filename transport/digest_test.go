package transport_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/p2pcache/p2pcache/transport"
)

// signed is a member's PUT, its head as it goes over the wire.
func signed(t *testing.T, key, body string, change func(http.Header)) string {
	t.Helper()
	r := write(body)
	transport.NewSigner(key).Sign(r, body)
	if r.Header.Get("Content-Digest") == "" {
		t.Fatal("the digest is not told")
	}
	change(r.Header)
	head := fmt.Sprintf("PUT %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n", r.URL.EscapedPath(), len(body))
	for name := range r.Header {
		head += name + ": " + r.Header.Get(name) + "\r\n"
	}
	return head + "\r\n"
}

// TestAStrangersBodyIsNotRead sends heads, and no byte of their bodies.
func TestAStrangersBodyIsNotRead(t *testing.T) {
	h := &handler{}
	addr := serve(t, transport.ServerConfig{Handler: h, Key: []byte("k")})
	same := func(http.Header) {}
	large := string(make([]byte, 300<<10)) // net/http reads a shorter one before it sends a reply, and throws it away
	for name, head := range map[string]string{
		"another key":    signed(t, "K", large, same),
		"another digest": signed(t, "k", large, func(h http.Header) { h.Set("Content-Digest", "sha-256=:"+b64+":") }),
		"another life":   signed(t, "k", large, func(h http.Header) { h.Set("Gocache-Ttl", "9") }),
	} {
		if got := raw(t, addr, head)[0]; got.status != 401 {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
	head := signed(t, "k", "value", same)
	if got := raw(t, addr, head+"walue")[0]; got.status != 401 {
		t.Errorf("another body: got %d", got.status)
	}
	if got := raw(t, addr, head+"value")[0]; got.status != 401 {
		t.Errorf("its number again: got %d", got.status)
	}
	if _, n := h.last(); n != 0 {
		t.Error("one reached the Handler")
	}
	for name, change := range map[string]func(http.Header){
		"as it is":        same,
		"others as well":  func(h http.Header) { h.Set("Content-Digest", "md5=:AA==:, "+h.Get("Content-Digest")) },
		"not understood":  func(h http.Header) { h.Set("Content-Digest", "sha-256=:AA==:") },
		"earlier release": func(h http.Header) { h.Del("Content-Digest") },
	} {
		if got := raw(t, addr, signed(t, "k", "value", change)+"value")[0]; got.status != 204 {
			t.Errorf("%s: got %d %s", name, got.status, got.body)
		}
	}
}

const b64 = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// TestBodiesOfWhoTellNoDigestAreBounded sends a body of an earlier release while strangers' take all the room but a byte, and then none.
func TestBodiesOfWhoTellNoDigestAreBounded(t *testing.T) {
	s := transport.NewServer(transport.ServerConfig{Handler: &handler{}, Key: []byte("k")})
	addr := start(t, s)
	tells, quiet := func(http.Header) {}, func(h http.Header) { h.Del("Content-Digest") }
	s.AddUnverified(transport.MaxUnverified - 1)
	if got := raw(t, addr, signed(t, "k", "value", quiet)+"value")[0]; got.status != 503 || got.header.Get("Gocache-Error") != "overloaded" {
		t.Errorf("without room: got %d %s", got.status, got.body)
	}
	if got := raw(t, addr, signed(t, "k", "value", tells)+"value")[0]; got.status != 204 {
		t.Errorf("one that tells its digest: got %d %s", got.status, got.body)
	}
	if got := raw(t, addr, signed(t, "k", "v", quiet)+"v")[0]; got.status != 204 {
		t.Errorf("one for which there is room: got %d %s", got.status, got.body)
	}
	s.AddUnverified(1 - transport.MaxUnverified)
	if got := raw(t, addr, signed(t, "k", "value", quiet)+"value")[0]; got.status != 204 {
		t.Errorf("with room: got %d %s", got.status, got.body)
	}
}

func FuzzDigest(f *testing.F) {
	for _, text := range []string{
		"", "sha-256=:" + b64 + ":", "md5=:AA==:, sha-256=:" + b64 + ":", "sha-256=:AA==:", "sha-256=:::", "sha-256=:" + b64[:3] + "\n" + b64[3:] + ":",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := http.Header{"Content-Digest": {text}}
		if told, ok := transport.ToldDigest(h); ok && !strings.Contains(text, told) {
			t.Errorf("%q was read as %q", text, told)
		}
	})
}
