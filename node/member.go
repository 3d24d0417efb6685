package node

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/p2pcache/p2pcache/membership"
)

// Member is a node of the cluster as another one sees it.
type Member struct {
	Name       string
	HTTPAddr   string // host:port of the /_gocache/ protocol
	GossipAddr string // IP:port; empty where members are set by hand
	Zone       string
	Weight     int
	Draining   bool // it is leaving: off the ring, still answering
}

// memberAt is the member that SetPeers is told of by its URL. Its name is its address, on which all nodes agree. Members that
// speak TLS are https, all or none.
func memberAt(peer string, tls bool) (membership.Member, error) {
	raw := peer
	if !strings.Contains(raw, "://") {
		raw = schemeOf(tls) + "://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return membership.Member{}, fmt.Errorf("peer %q: %w", peer, err)
	}
	bare := url.URL{Scheme: u.Scheme, Host: u.Host}
	if strings.TrimSuffix(raw, "/") != bare.String() || u.Scheme != schemeOf(tls) {
		return membership.Member{}, fmt.Errorf("peer %q: want %s://host:port", peer, schemeOf(tls))
	}
	if err := checkHostPort(u.Host); err != nil {
		return membership.Member{}, fmt.Errorf("peer %w", err)
	}
	return membership.Member{Name: u.Host, HTTPAddr: u.Host, Weight: DefaultWeight}, nil
}

func schemeOf(tls bool) string {
	if tls {
		return "https"
	}
	return "http"
}
