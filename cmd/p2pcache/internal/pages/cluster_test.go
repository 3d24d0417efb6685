package pages_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// cluster starts three nodes with pages, all of which know the group notes.
func cluster(t testing.TB, cfg pages.Config) ([]*node.Node, []*pages.Pages) {
	t.Helper()
	shows := make([]*pages.Pages, 3)
	nodes := nodetest.Start(t, 3, func(i int, c *node.Config) {
		shows[i] = pages.New(cfg)
		c.Fallback = shows[i]
	})
	nodetest.Group(t, nodes, "notes", node.GroupConfig{MaxBytes: 1 << 20, TTL: time.Hour})
	for i, p := range shows {
		p.Show(nodes[i], zerolog.Nop())
		t.Cleanup(p.Close)
		p.SetReady()
	}
	return nodes, shows
}

// read reads a page that is JSON.
func read(t testing.TB, p *pages.Pages, path string, to any) {
	t.Helper()
	w := ask(p, http.MethodGet, path)
	if err := json.Unmarshal(w.Body.Bytes(), to); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
	}
}

// patiently looks time and again: on a busy machine a member may take longer to answer than a page waits for it.
func patiently(t testing.TB, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(2 * time.Minute); !holds(); {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestOneNodeTellsOfAll(t *testing.T) {
	nodes, shows := cluster(t, pages.Config{})
	g, _ := nodes[0].Group("notes")
	for _, key := range []string{"a", "b", "c"} {
		if err := g.Set(context.Background(), key, node.Value{Data: []byte("text")}); err != nil {
			t.Fatal(err)
		}
	}
	var doc pages.Cluster
	patiently(t, "all members answer", func() bool {
		doc = pages.Cluster{}
		read(t, shows[1], pages.ClusterPath, &doc)
		return !slices.ContainsFunc(doc.Members, func(m pages.MemberStats) bool { return m.Error != "" })
	})
	shares, entries := 0.0, 0
	for _, m := range doc.Members {
		if m.Stats == nil || m.Error != "" || m.Stats.State != "ready" || m.Stats.MemoryBytes == 0 || m.Stats.Groups[0].MaxBytes != 1<<20 {
			t.Fatalf("%s: %+v, error %q; want what it counts", m.Name, m.Stats, m.Error)
		}
		shares += m.Share
		entries += m.Stats.Groups[0].Owned.Entries
	}
	if doc.Self != nodes[1].Self().Name || len(doc.Members) != 3 || math.Abs(shares-1) > 1e-6 || entries != 3 {
		t.Errorf("%s tells of %d members, %v of the keys, %d entries; want all", doc.Self, len(doc.Members), shares, entries)
	}
	if len(doc.Arcs) < 100 || slices.Min(doc.Arcs) != 0 || slices.Max(doc.Arcs) != 2 {
		t.Errorf("%d points of the ring, of members %d to %d; want those of all three", len(doc.Arcs), slices.Min(doc.Arcs), slices.Max(doc.Arcs))
	}
}

func TestAMemberThatDoesNotAnswerIsSaidToBeSilent(t *testing.T) {
	hang := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer s.Close()
	defer close(hang)
	p := pages.New(pages.Config{})
	n, err := node.New(node.Config{Listen: "127.0.0.1:0", Fallback: p})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if err := n.SetPeers(s.URL); err != nil {
		t.Fatal(err)
	}
	p.Show(n, zerolog.Nop())
	defer p.Close()
	var docs [4]pages.Cluster
	var callers sync.WaitGroup
	for i := range docs {
		callers.Go(func() { read(t, p, pages.ClusterPath, &docs[i]) })
	}
	callers.Wait()
	for _, doc := range docs {
		for _, m := range doc.Members {
			if silent := m.Error != ""; silent != (m.HTTPAddr == s.Listener.Addr().String()) || silent == (m.Stats != nil) {
				t.Errorf("%s: error %q, stats %v; want that only the silent one fails", m.Name, m.Error, m.Stats)
			}
		}
	}
}

func TestWhereAKeyIsHeld(t *testing.T) {
	nodes, shows := cluster(t, pages.Config{})
	const key = "a/\xff&"
	path := pages.KeyPath + "?" + url.Values{"group": {"notes"}, "key": {key}}.Encode()
	var doc pages.Key
	look := func() {
		patiently(t, "all members answer", func() bool {
			doc = pages.Key{}
			read(t, shows[2], path, &doc)
			return doc.Silent == nil
		})
	}
	look()
	if len(doc.Held) != 0 || len(doc.Owners) != 3 || doc.Position != nodes[0].Position("notes", key) {
		t.Errorf("%+v; want three owners, and that nobody holds it", doc)
	}
	g, _ := nodes[2].Group("notes")
	if err := g.Set(context.Background(), key, node.Value{Data: []byte("text"), TTL: time.Hour}); err != nil {
		t.Fatal(err)
	}
	look()
	owner := nodes[0].Owners("notes", key, 1)[0].Name
	if len(doc.Held) != 1 || doc.Held[0].Member != owner || doc.Owners[0].Name != owner || doc.Held[0].Bytes != 4 ||
		doc.Held[0].From != node.SourceLocal || doc.Held[0].TTLSeconds < 3000 {
		t.Errorf("%+v; want that %s holds 4 bytes for an hour", doc, owner)
	}
	for query, want := range map[string]int{
		"": http.StatusBadRequest, "?group=notes": http.StatusBadRequest, "?group=notes&key=%zz": http.StatusBadRequest,
		"?group=nowhere&key=a": http.StatusNotFound,
	} {
		for _, page := range []string{pages.KeyPath, "/debug/held"} {
			if w := ask(shows[0], http.MethodGet, page+query); w.Code != want {
				t.Errorf("%s%s: %d, want %d", page, query, w.Code, want)
			}
		}
	}
}

func TestWithASecretStrangersSeeNoMoreThanHealthAndMetrics(t *testing.T) {
	keys, err := access.NewKeys([]byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	p := show(t, pages.Config{Keys: keys}, fake{})
	p.SetReady()
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200,
		"/": 401, "/debug/ring": 401, "/debug/stats": 401, "/debug/cluster": 401, "/debug/key?group=scores&key=a": 401,
		"/debug/held?group=scores&key=a": 401,
	} {
		w := ask(p, http.MethodGet, path) // from 192.0.2.1, as httptest has it
		if w.Code != want || want == 401 && !strings.Contains(w.Body.String(), "--secret-file") {
			t.Errorf("%s: %d %s, want %d", path, w.Code, w.Body, want)
		}
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		here := httptest.NewRecorder()
		if !strings.Contains(path, "held") && !strings.Contains(path, "/key") { // the fake has no groups to look into
			p.ServeHTTP(here, r)
			if here.Code != 200 {
				t.Errorf("%s from this machine: %d, want 200", path, here.Code)
			}
		}
	}
}

func TestTheOperatorsPagesAreOnTheOperatorsAddress(t *testing.T) {
	p := show(t, pages.Config{Operator: true}, fake{})
	p.SetReady()
	for path, want := range map[string]struct{ public, operator int }{
		"/healthz": {200, 200}, "/readyz": {200, 200}, "/debug/ring": {200, 200}, "/debug/stats": {200, 200},
		"/": {404, 200}, "/metrics": {404, 200}, "/debug/pprof/": {404, 200}, "/debug/pprof/cmdline": {404, 200},
		"/debug/pprof/heap": {404, 200},
	} {
		if w := ask(p, http.MethodGet, path); w.Code != want.public {
			t.Errorf("%s on the node's address: %d, want %d", path, w.Code, want.public)
		}
		w := httptest.NewRecorder()
		p.Operator().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want.operator {
			t.Errorf("%s on the operator's: %d, want %d", path, w.Code, want.operator)
		}
	}
}

func TestComingsAndGoingsAreNoted(t *testing.T) {
	nodes, shows := cluster(t, pages.Config{})
	leaver := nodes[2].Self().Name
	if err := nodes[2].Leave(context.Background()); err != nil {
		t.Fatal(err)
	}
	noted := func() bool {
		var doc pages.Cluster
		read(t, shows[0], pages.ClusterPath, &doc)
		return slices.ContainsFunc(doc.Events, func(e pages.Event) bool { return e.Member == leaver && (e.Kind == "left" || e.Kind == "lost") })
	}
	patiently(t, "somebody notes that a member left", noted)
}
