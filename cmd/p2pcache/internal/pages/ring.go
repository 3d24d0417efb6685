package pages

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/p2pcache/p2pcache/node"
)

// RingPath is the path of the page that a Ring is read from.
const RingPath = "/debug/ring"

// Ring is the JSON of the ring's page: the members as one node sees them.
type Ring struct {
	// Self is the name of the member that answers.
	Self string `json:"self"`

	// RingHash is equal on nodes whose rings are equal. It has at most 53 bits, so that every JSON reader keeps it whole.
	RingHash uint64 `json:"ring_hash"`

	// Members are all that the node knows, itself included.
	Members []Member `json:"members"`

	// Owners are the members that own the key that was asked for, first the owner and then those that follow on the
	// ring. It is absent where none was asked for.
	Owners []Member `json:"owners,omitempty"`
}

// Member is one member of a Ring.
type Member struct {
	Name       string `json:"name"`
	HTTPAddr   string `json:"http_addr"`             // host:port
	GossipAddr string `json:"gossip_addr,omitempty"` // host:port; absent without gossip
	Zone       string `json:"zone,omitempty"`
	Weight     int    `json:"weight"`
	Draining   bool   `json:"draining"`
}

// serveRing answers with the ring, and where ?group=&key= is given with all who own the key, or the first n of them.
func serveRing(n Node) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		doc := Ring{Self: n.Self().Name, RingHash: n.Stats().RingHash, Members: members(n.Members())}
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if q.Has("group") || q.Has("key") || q.Has("n") {
			limit, code, err := ownersLimit(n, q, len(doc.Members))
			if err != nil {
				http.Error(w, err.Error(), code)
				return
			}
			doc.Owners = members(n.Owners(q.Get("group"), q.Get("key"), limit))
		}
		writeJSON(w, doc)
	}
}

// ownersLimit returns how many owners q asks for, or the status and the error that it deserves.
func ownersLimit(n Node, q url.Values, all int) (limit, code int, err error) {
	if !q.Has("group") || !q.Has("key") {
		return 0, http.StatusBadRequest, fmt.Errorf("want both, as in %s?group=GROUP&key=KEY", RingPath)
	}
	if _, ok := n.Group(q.Get("group")); !ok {
		return 0, http.StatusNotFound, fmt.Errorf("unknown group %q", q.Get("group"))
	}
	if !q.Has("n") {
		return all, 0, nil
	}
	limit, err = strconv.Atoi(q.Get("n"))
	if err != nil || limit < 1 {
		return 0, http.StatusBadRequest, fmt.Errorf("n is %q: want a number from 1", q.Get("n"))
	}
	return min(limit, all), 0, nil
}

func members(from []node.Member) []Member {
	to := make([]Member, len(from))
	for i, m := range from {
		to[i] = Member(m)
	}
	return to
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	// A failure to write is the client's, who has left.
	_ = json.NewEncoder(w).Encode(v)
}
