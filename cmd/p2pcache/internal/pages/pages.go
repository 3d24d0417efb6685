// Package pages serves what an operator and a monitoring system ask a node: its health, its metrics and its ring.
package pages

import (
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/node"
)

// Node is what the pages show. A *node.Node is one.
type Node interface {
	Self() node.Member
	Members() []node.Member
	Owners(group, key string, n int) []node.Member
	Group(name string) (*node.Group, bool)
	Stats() node.Stats
}

// Pages is the handler of the paths outside /_gocache/. It exists before the node that it shows, because the node is
// made with it: until Show, every page answers 503. It is safe for concurrent use.
type Pages struct {
	mux     atomic.Pointer[http.ServeMux] // nil until Show
	unready atomic.Pointer[string]        // what /readyz gives as the reason; nil when ready
}

// New returns pages that show no node yet and are not ready, because the node is starting.
func New() *Pages {
	p := &Pages{}
	p.SetUnready("starting")
	return p
}

// Show makes the pages show n, which serves from now on. What goes wrong when metrics are read is logged to log.
func (p *Pages) Show(n Node, log zerolog.Logger) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", serveIndex(n))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { plain(w, "ok\n") })
	mux.HandleFunc("GET /readyz", p.serveReady)
	mux.HandleFunc("GET /debug/ring", serveRing(n))
	mux.Handle("GET /metrics", metricsHandler(n, log))
	p.mux.Store(mux)
}

// SetReady makes /readyz answer 200.
func (p *Pages) SetReady() { p.unready.Store(nil) }

// SetUnready makes /readyz answer 503 with the reason, so that no more clients are sent here.
func (p *Pages) SetUnready(reason string) { p.unready.Store(&reason) }

// ServeHTTP answers GET and HEAD; other methods get 405 and other paths 404.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	mux := p.mux.Load()
	if mux == nil {
		p.serveReady(w, r)
		return
	}
	mux.ServeHTTP(w, r)
}

func (p *Pages) serveReady(w http.ResponseWriter, _ *http.Request) {
	if reason := p.unready.Load(); reason != nil {
		http.Error(w, *reason, http.StatusServiceUnavailable)
		return
	}
	plain(w, "ready\n")
}

// index tells a reader where to look.
const index = `p2pcache node %s

/_gocache/GROUP/KEY         a value
/metrics                    counters, for Prometheus
/healthz                    200 while the process serves
/readyz                     200 while clients should be sent here
/debug/ring                 the members, as this node sees them
/debug/ring?group=&key=     and who owns a key
`

func serveIndex(n Node) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { plain(w, fmt.Sprintf(index, n.Self().Name)) }
}

// plain writes text as a page. A failure to write is the client's, who has left.
func plain(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, text)
}
