package pages

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// parts are those of the page, which are sent as one.
//
//go:embed page
var parts embed.FS

// scripts are in the order in which they run, as one.
var scripts = [...]string{"numbers.js", "ring.js", "charts.js", "lookup.js", "page.js"}

func part(name string) string {
	text, err := parts.ReadFile("page/" + name)
	if err != nil {
		panic(err) // the binary was built without it
	}
	return string(text)
}

// index tells a reader without a browser where to look.
const index = `p2pcache node %s

/_gocache/GROUP/KEY         a value
/metrics                    counters, for Prometheus
/healthz                    200 while the process serves
/readyz                     200 while clients should be sent here
/debug/ring                 the members, as this node sees them
/debug/ring?group=&key=     and who owns a key
/debug/key?group=&key=      and who holds it
/debug/stats                what this node counts
/debug/cluster              what all members count
`

// servePage answers browsers with the page, and others with the index.
func servePage(n Node) http.HandlerFunc {
	page, policy := buildPage()
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept")
		if !strings.Contains(r.Header.Get("Accept"), "text/html") {
			plain(w, fmt.Sprintf(index, n.Self().Name))
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		_, _ = io.WriteString(w, page)
	}
}

// buildPage puts the page's parts together. Its policy lets run what is in it and nothing else, lets it ask the node that it
// came from and nobody else, and takes from the script all ways of turning a text into markup.
func buildPage() (page, policy string) {
	var script strings.Builder
	for _, name := range scripts {
		script.WriteString(part(name))
	}
	style := part("page.css")
	page = strings.NewReplacer("/*page.css*/", style, "/*page.js*/", script.String()).Replace(part("page.html"))
	policy = strings.Join([]string{
		"default-src 'none'", "script-src " + digest(script.String()), "style-src " + digest(style), "img-src data:",
		"connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
		"require-trusted-types-for 'script'", "trusted-types 'none'",
	}, "; ")
	return page, policy
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
