package origin_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// service starts an HTTP service.
func service(t testing.TB, serve http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(serve)
	t.Cleanup(s.Close)
	return s
}

func TestAReplyIsAValueWithItsLife(t *testing.T) {
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		w.Header().Set("Age", "10")
		io.WriteString(w, r.Method+" "+r.RequestURI)
	})
	v, err := loader(t, s.URL+"/api/{group}/v?k={key}&again={key}", "a/b")(t.Context(), "c d/é&")
	if want := "GET /api/a%2Fb/v?k=c%20d%2F%C3%A9%26&again=c%20d%2F%C3%A9%26"; err != nil || v.String() != want {
		t.Errorf("got %q, error %v; want %q", v, err, want)
	}
	if v.TTL != 50*time.Second {
		t.Errorf("lives %v, want 50s", v.TTL)
	}
}

func TestAStatusIsAValueNotFoundOrAnError(t *testing.T) {
	for status, want := range map[int]string{
		200: "", 404: "not found", 410: "not found", 204: "origin answered 204 No Content", 301: "origin answered 301 Moved",
		403: "origin answered 403", 500: "origin answered 500", 503: "origin answered 503",
	} {
		s := service(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		_, err := loader(t, s.URL+"/{key}", "g")(t.Context(), "k")
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("status %d: error %v, want %q", status, err, want)
		case errors.Is(err, node.ErrNotFound) != (want == "not found"):
			t.Errorf("status %d: error %v is not-found or not, wrongly", status, err)
		}
	}
}

func TestAReplyOverTheLimitIsTooLarge(t *testing.T) {
	for name, announced := range map[string]bool{"announced": true, "streamed": false} {
		for length, want := range map[int]error{limit: nil, limit + 1: node.ErrTooLarge} {
			s := service(t, func(w http.ResponseWriter, _ *http.Request) {
				if !announced {
					w.(http.Flusher).Flush()
				}
				io.WriteString(w, strings.Repeat("x", length))
			})
			v, err := loader(t, s.URL+"/{key}", "g")(t.Context(), "k")
			if !errors.Is(err, want) || err == nil && len(v.Data) != length {
				t.Errorf("%s %d bytes: got %d and error %v, want %v", name, length, len(v.Data), err, want)
			}
		}
	}
}

func TestAReplyThatBreaksOffIsAnError(t *testing.T) {
	s := service(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "123")
	})
	if v, err := loader(t, s.URL+"/{key}", "g")(t.Context(), "k"); err == nil {
		t.Errorf("got %q of a reply that broke off, want an error", v)
	}
}

func TestRedirectsAreFollowedOnTheSameHostAlone(t *testing.T) {
	other := service(t, func(http.ResponseWriter, *http.Request) { t.Error("the other host was asked") })
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/near":
			http.Redirect(w, r, "/there", http.StatusFound)
		case "/far":
			http.Redirect(w, r, other.URL, http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/there":
			io.WriteString(w, "here")
		}
	})
	load := loader(t, s.URL+"/{key}", "g")
	if v, err := load(t.Context(), "near"); err != nil || v.String() != "here" {
		t.Errorf("a redirect on the same host gives %q, error %v; want here", v, err)
	}
	for _, key := range []string{"far", "loop"} {
		if v, err := load(t.Context(), key); err == nil || !strings.Contains(err.Error(), "redirect") {
			t.Errorf("redirect %s gives %q, error %v; want an error that says so", key, v, err)
		}
	}
}

func TestALoadEndsWithItsContext(t *testing.T) {
	s := service(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := loader(t, s.URL+"/{key}", "g")(ctx, "k"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
	}
}

func TestAnErrorDoesNotTellTheURL(t *testing.T) {
	s := service(t, func(http.ResponseWriter, *http.Request) {})
	target := strings.Replace(s.URL, "http://", "http://user:pw@", 1)
	s.Close()
	_, err := loader(t, target+"/private/{key}", "g")(t.Context(), "k")
	if err == nil || strings.Contains(err.Error(), "pw") || strings.Contains(err.Error(), "private") {
		t.Errorf("error %v, want one without the URL", err)
	}
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/absent" {
			http.NotFound(w, r)
		}
	})
	load := loader(t, s.URL+"/{key}", "g")
	connections := 0
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if !c.Reused {
			connections++
		}
	}})
	for _, key := range []string{"a", "absent", "b", "absent", "c"} {
		if _, err := load(ctx, key); err != nil && !errors.Is(err, node.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if connections != 1 {
		t.Errorf("%d connections for 5 loads, want 1", connections)
	}
}

func TestADotSegmentIsNotFound(t *testing.T) {
	for _, c := range []struct {
		template, key string
		want          string // "" for not found
	}{
		{"http://h/{key}", ".", ""},
		{"http://h/{key}", "..", ""},
		{"http://h/a/{key}/b", "..", ""},
		{"http://h/a/{key}?x", "..", ""},
		{"http://h/a/v-{key}", "..", "http://h/a/v-.."},
		{"http://h/?k={key}", "..", "http://h/?k=.."},
		{"http://h/{key}", "...", "http://h/..."},
		{"http://h/{key}", "../x", "http://h/..%2Fx"},
		{"http://h/{key}", "", "http://h/"},
	} {
		got, ok, err := origin.URL(c.template, "g", c.key)
		if err != nil || ok != (c.want != "") || got != c.want {
			t.Errorf("%s with %q: %q, %v, error %v; want %q", c.template, c.key, got, ok, err, c.want)
		}
	}
}

// FuzzURL: group and key come back from the URL byte by byte, and reach neither its host nor its path's other parts.
func FuzzURL(f *testing.F) {
	f.Add("scores", "Tom")
	f.Add("a/b", "../c?d#e&f=g%2f+ \x00\xff")
	f.Add(".", ".")
	f.Fuzz(func(t *testing.T, group, key string) {
		target, ok, err := origin.URL("http://h/p/{group}/x{key}?q={key}", group, key)
		if group == "." || group == ".." {
			if err == nil {
				t.Errorf("group %q was accepted", group)
			}
			return
		}
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if want := "/p/" + group + "/x" + key; u.Host != "h" || u.Path != want || u.Fragment != "" {
			t.Errorf("host %q, path %q, fragment %q; want h, %q and none", u.Host, u.Path, u.Fragment, want)
		}
		if got, err := url.PathUnescape(u.RawQuery); err != nil || got != "q="+key {
			t.Errorf("query %q, error %v; want %q", got, err, "q="+key)
		}
	})
}
