// Package pages serves what an operator and a monitoring system ask a node: its health, its metrics, its ring, and a page to
// look at the cluster with.
package pages

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/pprof"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/access"
	"github.com/p2pcache/p2pcache/node"
)

// Node is what the pages show. A *node.Node is one.
type Node interface {
	Self() node.Member
	Members() []node.Member
	Owners(group, key string, n int) []node.Member
	Arcs(points int) []string
	Position(group, key string) float64
	Group(name string) (*node.Group, bool)
	Stats() node.Stats
	TLS() *tls.Config // nil: members speak plain HTTP
	Handler() http.Handler
}

// Config says who sees what. Its zero value shows everything but profiles to everybody.
type Config struct {
	// Keys guard what tells more than health and metrics. If nil, nothing is guarded.
	Keys *access.Keys

	// Operator says that the operator has a listener of its own, which serves Pages.Operator: the page and the metrics are
	// there and not on the node's address.
	Operator bool
}

// Pages is the handler of the paths outside /_gocache/. It exists before the node that it shows, because the node is
// made with it: until Show, every page answers 503. It is safe for concurrent use.
type Pages struct {
	cfg     Config
	started time.Time
	shown   atomic.Pointer[shown]  // nil until Show
	unready atomic.Pointer[string] // what /readyz gives as the reason; nil when ready
}

// shown is what there is once the node is shown.
type shown struct {
	node     Node
	members  *access.Client // asks the other members
	watch    *watch
	public   http.Handler // of the node's address
	operator http.Handler // of the operator's
}

// New returns pages that show no node yet and are not ready, because the node is starting.
func New(cfg Config) *Pages {
	p := &Pages{cfg: cfg, started: time.Now()}
	p.SetUnready("starting")
	return p
}

// Show makes the pages show n, which serves from now on, until Close. What goes wrong when metrics are read is logged to log.
func (p *Pages) Show(n Node, log zerolog.Logger) {
	s := &shown{node: n, members: access.NewClient(p.cfg.Keys, n.TLS), watch: startWatch(n)}
	public, operator := http.NewServeMux(), http.NewServeMux()
	cluster := newCluster(p, s)
	p.addHealth(public, operator)
	for _, mux := range []*http.ServeMux{public, operator} {
		mux.Handle("GET "+RingPath, p.guarded(serveRing(n)))
		mux.Handle("GET "+StatsPath, p.guarded(p.serveStats(n)))
		mux.Handle("GET "+ClusterPath, p.guarded(cluster.serve))
		mux.Handle("GET "+heldPath, p.guarded(serveHeld(n)))
		mux.Handle("GET "+KeyPath, p.guarded(cluster.serveKey))
	}
	p.addOperators(operator, n, log)
	if !p.cfg.Operator {
		p.addOperators(public, n, log)
	}
	addProfiles(operator, p)
	s.public, s.operator = public, withCache(n, operator)
	p.shown.Store(s)
}

func (p *Pages) addHealth(muxes ...*http.ServeMux) {
	for _, mux := range muxes {
		mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, "ok\n") })
		mux.HandleFunc("GET /readyz", p.serveReady)
	}
}

func (p *Pages) addOperators(mux *http.ServeMux, n Node, log zerolog.Logger) {
	mux.Handle("GET /{$}", p.guarded(servePage(n)))
	mux.Handle("GET /metrics", metricsHandler(n, log))
}

func addProfiles(mux *http.ServeMux, p *Pages) {
	mux.Handle("GET /debug/pprof/", p.guarded(pprof.Index))
	mux.Handle("GET /debug/pprof/cmdline", p.guarded(pprof.Cmdline))
	mux.Handle("GET /debug/pprof/profile", p.guarded(pprof.Profile))
	mux.Handle("GET /debug/pprof/symbol", p.guarded(pprof.Symbol))
	mux.Handle("GET /debug/pprof/trace", p.guarded(pprof.Trace))
}

// withCache serves the node's values beside the operator's pages, so that the page can look keys up wherever it is. They do
// not go through a ServeMux, which would clean keys that look like paths.
func withCache(n Node, pages http.Handler) http.Handler {
	cache := n.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_gocache/") {
			cache.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// guarded serves a page to those who may see it.
func (p *Pages) guarded(page http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := p.cfg.Keys.Allow(r); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		page(w, r)
	})
}

// scheme is that of the members' addresses.
func (s *shown) scheme() string {
	if s.node.TLS() != nil {
		return "https://"
	}
	return "http://"
}

// SetReady makes /readyz answer 200.
func (p *Pages) SetReady() { p.unready.Store(nil) }

// SetUnready makes /readyz answer 503 with the reason, so that no more clients are sent here.
func (p *Pages) SetUnready(reason string) { p.unready.Store(&reason) }

// state is the reason why the node is not ready, or "ready".
func (p *Pages) state() string {
	if reason := p.unready.Load(); reason != nil {
		return *reason
	}
	return "ready"
}

// ServeHTTP serves the pages of the node's address. It answers GET and HEAD; other methods get 405 and other paths 404.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s := p.shown.Load(); s != nil {
		s.public.ServeHTTP(w, r)
		return
	}
	p.serveReady(w, r)
}

// Operator serves the operator's pages: all of them, with profiles, and the node's /_gocache/.
func (p *Pages) Operator() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s := p.shown.Load(); s != nil {
			s.operator.ServeHTTP(w, r)
			return
		}
		p.serveReady(w, r)
	})
}

// Close stops watching the node. The pages go on to answer.
func (p *Pages) Close() {
	if s := p.shown.Load(); s != nil {
		s.watch.close()
		s.members.Close()
	}
}

func (p *Pages) serveReady(w http.ResponseWriter, _ *http.Request) {
	if state := p.state(); state != "ready" {
		http.Error(w, state, http.StatusServiceUnavailable)
		return
	}
	plain(w, "ready\n")
}

// plain writes text as a page. A failure to write is the client's, who has left.
func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, text)
}
