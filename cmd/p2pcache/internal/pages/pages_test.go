package pages_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
)

// fake is a node of a fixed cluster of two, with the group scores.
type fake struct{ peer string }

var (
	one = node.Member{Name: "node1", HTTPAddr: "127.0.0.1:9999", GossipAddr: "127.0.0.1:7946", Zone: "a", Weight: 1}
	two = node.Member{Name: "node2", HTTPAddr: "127.0.0.1:10000", Weight: 2, Draining: true}
)

func (fake) Self() node.Member      { return one }
func (fake) TLS() *tls.Config       { return nil }
func (fake) Members() []node.Member { return []node.Member{one, two} }

func (fake) Owners(group, key string, n int) []node.Member {
	if group != "scores" || key != "T/m&\xff" {
		return nil
	}
	return []node.Member{two, one}[:n]
}

func (fake) Arcs(points int) []string {
	owners := make([]string, points)
	for i := range owners {
		owners[i] = one.Name
	}
	return owners
}

func (fake) Position(string, string) float64 { return 0.25 }

func (fake) Handler() http.Handler { return http.NotFoundHandler() }

func (fake) Group(name string) (*node.Group, bool) { return nil, name == "scores" }

func (f fake) Stats() node.Stats {
	return node.Stats{
		Members: 2, RingHash: 1<<53 - 1,
		GossipRefused: node.GossipRefused{Strangers: 5, Invalid: 1, NameTaken: 2, Excessive: 3},
		Groups: []node.GroupStats{{
			Name:   "scores",
			Gets:   map[node.Source]uint64{node.SourceLocal: 5, node.SourcePeer: 3},
			Served: 4, OriginLoads: 2, OriginErrors: 1, Evictions: 6,
			PeerRequests: []node.PeerRequests{{Peer: f.peer, Code: "ok", Count: 3}, {Peer: f.peer, Code: "unreachable", Count: 1}},
			MaxBytes:     1000,
			Owned:        node.Holding{Entries: 7, Bytes: 700},
			Hot:          node.Holding{Entries: 1, Bytes: 90},
			GetSeconds: map[node.Source]node.Histogram{node.SourceLocal: {
				Count: 3, Sum: 30 * time.Microsecond,
				Buckets: []node.Bucket{{UpTo: 10 * time.Microsecond, Count: 2}, {UpTo: time.Millisecond, Count: 3}},
			}},
			OriginLoadSeconds: node.Histogram{Count: 2, Sum: 3 * time.Second, Buckets: []node.Bucket{{UpTo: time.Second, Count: 1}}},
		}},
	}
}

// shown returns pages that show the fake.
func shown(t testing.TB) *pages.Pages { return show(t, pages.Config{}, fake{peer: "node2"}) }

// show returns pages that show n until the test ends.
func show(t testing.TB, cfg pages.Config, n pages.Node) *pages.Pages {
	p := pages.New(cfg)
	p.Show(n, zerolog.Nop())
	t.Cleanup(p.Close)
	return p
}

// ask returns the pages' answer to a request.
func ask(p *pages.Pages, method, target string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(method, target, nil))
	return w
}

func Example() {
	p := pages.New(pages.Config{})
	defer p.Close()
	fmt.Println(ask(p, http.MethodGet, "/readyz").Code)
	p.Show(fake{}, zerolog.Nop())
	p.SetReady()
	fmt.Println(ask(p, http.MethodGet, "/readyz").Code)
	// Output:
	// 503
	// 200
}

func TestEveryPageIsUnavailableUntilTheNodeIsShown(t *testing.T) {
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/debug/ring", "/debug/cluster", "/other"} {
		w := ask(pages.New(pages.Config{}), http.MethodGet, path)
		if w.Code != http.StatusServiceUnavailable || w.Body.String() != "starting\n" {
			t.Errorf("%s: %d %q, want 503 starting", path, w.Code, w.Body)
		}
	}
}

func TestReadinessFollowsTheNodesLife(t *testing.T) {
	p := shown(t)
	want := func(code int, body string) {
		t.Helper()
		if w := ask(p, http.MethodGet, "/readyz"); w.Code != code || w.Body.String() != body {
			t.Errorf("/readyz: %d %q, want %d %q", w.Code, w.Body, code, body)
		}
		if w := ask(p, http.MethodGet, "/healthz"); w.Code != http.StatusOK || w.Body.String() != "ok\n" {
			t.Errorf("/healthz: %d %q, want 200 ok whether ready or not", w.Code, w.Body)
		}
	}
	want(http.StatusServiceUnavailable, "starting\n")
	p.SetReady()
	want(http.StatusOK, "ready\n")
	p.SetUnready("draining")
	want(http.StatusServiceUnavailable, "draining\n")
}

func TestTheIndexNamesTheNodeAndThePages(t *testing.T) {
	w := ask(shown(t), http.MethodGet, "/")
	for _, want := range []string{"node1", "/_gocache/", "/metrics", "/healthz", "/readyz", "/debug/ring", "/debug/key", "/debug/cluster"} {
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), want) {
			t.Errorf("/: %d %q, want 200 and %q in it", w.Code, w.Body, want)
		}
	}
	if got := w.Header().Get("Content-Type"); got != "text/plain; charset=utf-8" {
		t.Errorf("the index is %s, want plain text", got)
	}
}

func TestOtherPathsAreNotFound(t *testing.T) {
	for _, path := range []string{"/x", "/metrics/", "/debug", "/debug/pprof/", "/healthz/x"} {
		if w := ask(shown(t), http.MethodGet, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, w.Code)
		}
	}
}

func TestPagesAreReadOnly(t *testing.T) {
	for _, path := range []string{"/", "/healthz", "/readyz", "/metrics", "/debug/ring"} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions} {
			w := ask(shown(t), method, path)
			if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: %d, allowed %q; want 405, GET and HEAD", method, path, w.Code, w.Header().Get("Allow"))
			}
		}
		want := ask(shown(t), http.MethodGet, path).Code
		if w := ask(shown(t), http.MethodHead, path); w.Code != want {
			t.Errorf("HEAD %s: %d, want %d as GET", path, w.Code, want)
		}
	}
}
