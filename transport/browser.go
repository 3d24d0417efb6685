package transport

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// byStrangePage reports whether r is a write, or one of its kind, that a browser on this machine sends for a page that is not
// served from here: one of another site, or one whose site's name was made to point here, so that the browser takes it for ours.
// Clients on this machine need no secret, and such a page must not be taken for one. Programs other than browsers send no Origin.
func byStrangePage(r *http.Request) bool {
	origin := first(r.Header, "Origin")
	if origin == "" || r.Method == http.MethodGet || r.Method == http.MethodHead || !fromLoopback(r) {
		return false
	}
	page, err := url.Parse(origin)
	return err != nil || page.Host != r.Host || !isOwnName(page.Hostname())
}

// isOwnName reports whether host cannot be another's name: it is an address or localhost.
func isOwnName(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

func fromLoopback(r *http.Request) bool { return isLoopback(r.RemoteAddr) }

// isLoopback reports whether host:port is of this machine alone.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && net.ParseIP(host).IsLoopback()
}
