package transport_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/transport"
)

// write is a member's PUT as it arrives from another host.
func write(body string) *http.Request {
	r := httptest.NewRequest("PUT", "/_gocache/g/a%2Fb", strings.NewReader(body))
	r.Header.Set("Gocache-Hop", "1")
	r.Header.Set("Gocache-Ttl", "1000")
	return r
}

func read() *http.Request {
	r := httptest.NewRequest("GET", "/_gocache/g/k", nil)
	r.Header.Set("Gocache-Hop", "1")
	return r
}

// refused checks that a request is refused for a reason.
func refused(t *testing.T, what string, err error, reason string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("%s: got %v, want %q", what, err, reason)
	}
}

func TestASignedRequestPasses(t *testing.T) {
	v, s := transport.NewVerifier("k"), transport.NewSigner("k")
	for _, r := range []*http.Request{write("v"), read(), write("v")} {
		body := map[string]string{"PUT": "v"}[r.Method]
		s.Sign(r, body)
		if err := v.Verify(r, body); err != nil {
			t.Errorf("%s: %v", r.Method, err)
		}
	}
}

func TestAnUnsignedRequestIsRefusedUnlessALocalClientSentIt(t *testing.T) {
	v := transport.NewVerifier("k")
	for _, test := range []struct {
		from, hop string
		passes    bool
	}{
		{"127.0.0.1:5", "", true},
		{"[::1]:5", "", true},
		{"[::ffff:127.9.9.9]:5", "", true},
		{"127.0.0.1:5", "1", false},
		{"10.0.0.1:5", "", false},
		{"10.0.0.1:5", "1", false},
		{"[fe80::1%lo]:5", "", false},
		{"localhost:5", "", false},
		{"127.0.0.1", "", false},
		{"@", "", false},
		{"", "", false},
	} {
		r := httptest.NewRequest("GET", "/_gocache/g/k", nil)
		r.RemoteAddr = test.from
		if test.hop != "" {
			r.Header.Set("Gocache-Hop", test.hop)
		}
		if err := v.Verify(r, ""); (err == nil) != test.passes {
			t.Errorf("from %q, hop %q: %v", test.from, test.hop, err)
		}
	}
}

func TestATamperedRequestIsRefused(t *testing.T) {
	for name, tamper := range map[string]func(*http.Request){
		"method":                func(r *http.Request) { r.Method = "DELETE" },
		"key":                   func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/_gocache/g/c", "" },
		"how a key is written":  func(r *http.Request) { r.URL.RawPath = "" },
		"hop":                   func(r *http.Request) { r.Header.Del("Gocache-Hop") },
		"life":                  func(r *http.Request) { r.Header.Set("Gocache-Ttl", "2000") },
		"no life":               func(r *http.Request) { r.Header.Del("Gocache-Ttl") },
		"max-age":               func(r *http.Request) { r.Header.Set("Cache-Control", "max-age=1") },
		"a second max-age":      func(r *http.Request) { r.Header["Cache-Control"] = []string{"", "max-age=1"} },
		"version":               func(r *http.Request) { r.Header.Set("Gocache-Version", "9") },
		"time":                  auth(func(parts []string) { parts[0] += "1" }),
		"session":               auth(func(parts []string) { parts[1] += "A" }),
		"number":                auth(func(parts []string) { parts[2] += "1" }),
		"the mac":               auth(func(parts []string) { parts[3] = strings.Repeat("0", 64) }),
		"a shorter mac":         auth(func(parts []string) { parts[3] = parts[3][:62] }),
		"no mac":                auth(func(parts []string) { parts[3] = "" }),
		"a mac that is not hex": auth(func(parts []string) { parts[3] = "x" + parts[3][1:] }),
		"nothing but a space":   func(r *http.Request) { r.Header.Set("Gocache-Auth", " ") },
		"too much":              func(r *http.Request) { r.Header.Set("Gocache-Auth", r.Header.Get("Gocache-Auth")+" x") },
		"numbers that are none": func(r *http.Request) { r.Header.Set("Gocache-Auth", "x s y 00") },
	} {
		v, s := transport.NewVerifier("k"), transport.NewSigner("k")
		r := write("v")
		s.Sign(r, "v")
		tamper(r)
		if v.Verify(r, "v") == nil {
			t.Errorf("%s was changed, and it passed", name)
		}
	}
	v, s, r := transport.NewVerifier("k"), transport.NewSigner("k"), write("v")
	s.Sign(r, "v")
	refused(t, "another body", v.Verify(r, "w"), "signature is wrong")
	refused(t, "another key", transport.NewVerifier("K").Verify(r, "v"), "secrets differ")
	if err := v.Verify(r, "v"); err != nil {
		t.Errorf("what was tampered with hinders the original: %v", err)
	}
}

// auth changes the parts of a signature.
func auth(change func([]string)) func(*http.Request) {
	return func(r *http.Request) {
		parts := strings.Split(r.Header.Get("Gocache-Auth"), " ")
		change(parts)
		r.Header.Set("Gocache-Auth", strings.Join(parts, " "))
	}
}

func TestClocksMayDifferByTheWindow(t *testing.T) {
	for age, passes := range map[time.Duration]bool{
		0: true, transport.AuthWindow: true, transport.AuthWindow + time.Millisecond: false,
	} {
		synctest.Test(t, func(t *testing.T) {
			v, s := transport.NewVerifier("k"), transport.NewSigner("k")
			for _, r := range []*http.Request{write(""), read()} {
				s.Sign(r, "")
				late := time.Now().Add(age)
				time.Sleep(time.Until(late))
				if err := v.Verify(r, ""); (err == nil) != passes {
					t.Errorf("signed %v ago: %v", age, err)
				}
			}
		})
	}
}

func TestAClockMayNotBeAheadByMore(t *testing.T) {
	requests := map[time.Duration]*http.Request{transport.AuthWindow: read(), transport.AuthWindow + time.Millisecond: read()}
	for ahead, r := range requests {
		synctest.Test(t, func(t *testing.T) { // each bubble's time begins at the same second
			time.Sleep(ahead)
			transport.NewSigner("k").Sign(r, "")
		})
		synctest.Test(t, func(t *testing.T) {
			if err := transport.NewVerifier("k").Verify(r, ""); (err == nil) != (ahead <= transport.AuthWindow) {
				t.Errorf("signed %v ahead: %v", ahead, err)
			}
		})
	}
}

func TestAServerWithAKeyRefusesTheUnsigned(t *testing.T) {
	h := &handler{limit: 10}
	var log strings.Builder
	s := transport.NewServer(transport.ServerConfig{Handler: h, Key: []byte("k"), Logger: zerolog.New(&log)})
	addr := start(t, s)
	for _, key := range []string{"", "K"} {
		c := connect(t, transport.ClientConfig{Addr: addr, Key: []byte(key), Plain: true})
		for _, size := range []int{1, 8 << 20} {
			set := transport.Request{Op: transport.Set, Group: "none", Peer: true, Value: make([]byte, size)}
			if resp := must(t, c, set); key == "" && resp.Code != transport.Unauthorized {
				t.Errorf("a Set of %d bytes with key %q got %v %q", size, key, resp.Code, resp.Text)
			}
		}
		for _, op := range []transport.Op{transport.Get, transport.Set, transport.Remove, transport.Purge} {
			resp := must(t, c, transport.Request{Op: op, Group: "g", Key: "k", Peer: true})
			if resp.Code != transport.Unauthorized {
				t.Errorf("op %d with key %q got %v %q", op, key, resp.Code, resp.Text)
			}
		}
	}
	if _, n := h.last(); n != 0 {
		t.Error("one reached the Handler")
	}
	expect(t, curl(t, addr, "GET", "/_gocache/g/k"), 200, "", nil)
	s.Close()
	if !strings.Contains(log.String(), "request refused") || strings.Contains(log.String(), "/_gocache/") {
		t.Errorf("the log says %s", log.String())
	}
}

func TestRefusedRequestsDoNotFillTheLog(t *testing.T) {
	var log strings.Builder
	cfg := transport.ServerConfig{Handler: &handler{}, Key: []byte("k"), Logger: zerolog.New(&log)}
	inBubble(t, cfg, func(t *testing.T, c *transport.Client, l *pipes) {
		for range 5 {
			for range 100 {
				unsigned := transport.NewClient(transport.ClientConfig{Addr: "pipes:0"})
				unsigned.DialWith(l.dial)
				unsigned.Do(t.Context(), transport.Request{Group: "g", Peer: true})
				unsigned.Close()
			}
			time.Sleep(time.Second)
		}
	})
	if n := strings.Count(log.String(), "request refused"); n < 5 || n > 100 {
		t.Errorf("500 requests were logged %d times", n)
	}
}
