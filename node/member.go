package node

import (
	"fmt"
	"net"
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

// memberAt is the member that SetPeers is told of by its URL. Its name is its address, on which all nodes agree.
func memberAt(peer string) (membership.Member, error) {
	raw := peer
	if !strings.Contains(raw, "://") {
		raw = "http://" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return membership.Member{}, fmt.Errorf("peer %q: %w", peer, err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
		return membership.Member{}, fmt.Errorf("peer %q: want http://host:port", peer)
	}
	if _, port, err := net.SplitHostPort(u.Host); err != nil || port == "" {
		return membership.Member{}, fmt.Errorf("peer %q has no port: want http://host:port", peer)
	}
	return membership.Member{Name: u.Host, HTTPAddr: u.Host, Weight: DefaultWeight}, nil
}
