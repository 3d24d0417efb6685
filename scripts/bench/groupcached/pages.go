package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// writeMetrics writes the metrics that the driver reads of p2pcache's nodes, under the same names.
func (m *members) writeMetrics(w io.Writer) {
	peers, ring := m.known()
	fmt.Fprintf(w, "# TYPE p2pcache_members gauge\np2pcache_members %d\n# TYPE p2pcache_ring_hash gauge\np2pcache_ring_hash %d\n", len(peers), ring)
}

// member is one of the members on the page of the ring, as p2pcache's nodes write it.
type member struct {
	Name       string `json:"name"`
	HTTPAddr   string `json:"http_addr"`
	GossipAddr string `json:"gossip_addr"`
	Weight     int    `json:"weight"`
}

// writeRing writes the members.
func (m *members) writeRing(w io.Writer) {
	peers, ring := m.known()
	page := struct {
		RingHash uint64   `json:"ring_hash"`
		Members  []member `json:"members"`
	}{RingHash: ring}
	for _, name := range slices.Sorted(maps.Keys(peers)) {
		p := peers[name]
		page.Members = append(page.Members, member{name, strings.TrimPrefix(p.url, "http://"), p.gossip, 1})
	}
	json.NewEncoder(w).Encode(page) //nolint:errcheck // the reader has gone
}
