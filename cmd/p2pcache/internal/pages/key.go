package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// KeyPath is the path of the page that a Key is read from: ?group=&key=.
const KeyPath = "/debug/key"

// heldPath is the path by which a member is asked for what it holds itself.
const heldPath = "/debug/held"

// Key is the JSON of where a key belongs and where it is held.
type Key struct {
	// Position is where on the ring the key is, from 0 to 1.
	Position float64 `json:"position"`

	// Owners are the members in the order in which they own the key: its owner, the one that owns it next, and so on.
	Owners []Member `json:"owners"`

	// Held says what the members hold of the key; those that hold nothing are not in it.
	Held []HeldBy `json:"held"`

	// Silent names the members that did not answer.
	Silent []string `json:"silent,omitempty"`
}

// Held is what one member holds of a key.
type Held struct {
	From       node.Source `json:"from"`             // local: as its owner; hot: a copy; stale: past its life
	Absent     bool        `json:"absent,omitempty"` // it is remembered that the origin does not have the key
	Bytes      int         `json:"bytes"`
	TTLSeconds float64     `json:"ttl_seconds"` // 0: no end
}

// HeldBy is what a member holds of a key.
type HeldBy struct {
	Member string `json:"member"`
	Held
}

// Seconds is d as JSON shows it: to the millisecond.
func Seconds(d time.Duration) float64 { return math.Round(d.Seconds()*1e3) / 1e3 }

// heldHere returns what n itself holds; nil for nothing.
func heldHere(n Node, group, key string) (*Held, error) {
	g, ok := n.Group(group)
	if !ok {
		return nil, fmt.Errorf("%w %q", node.ErrUnknownGroup, group)
	}
	h, ok := g.Held(key)
	if !ok {
		return nil, nil
	}
	return &Held{From: h.From, Absent: h.Absent, Bytes: h.Bytes, TTLSeconds: Seconds(h.TTL)}, nil
}

// named returns the group and the key that r asks for.
func named(r *http.Request) (group, key string, err error) {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err == nil && (!q.Has("group") || !q.Has("key")) {
		err = errors.New("want both, as in ?group=GROUP&key=KEY")
	}
	return q.Get("group"), q.Get("key"), err
}

func serveHeld(n Node) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		group, key, err := named(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		held, err := heldHere(n, group, key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		writeJSON(w, held)
	}
}

func (c *cluster) serveKey(w http.ResponseWriter, r *http.Request) {
	group, key, err := named(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n := c.shown.node
	own, err := heldHere(n, group, key)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	all := n.Members()
	doc := Key{Position: n.Position(group, key), Owners: members(n.Owners(group, key, len(all))), Held: []HeldBy{}}
	var mu sync.Mutex // guards doc
	c.ask(r.Context(), all, heldPath, url.Values{"group": {group}, "key": {key}}, func(i int, page []byte, err error) {
		held := own
		if all[i].Name != n.Self().Name && err == nil {
			held = nil
			err = json.Unmarshal(page, &held)
		}
		mu.Lock()
		defer mu.Unlock()
		switch {
		case err != nil:
			doc.Silent = append(doc.Silent, all[i].Name)
		case held != nil:
			doc.Held = append(doc.Held, HeldBy{all[i].Name, *held})
		}
	})
	slices.SortFunc(doc.Held, func(a, b HeldBy) int { return strings.Compare(a.Member, b.Member) })
	slices.Sort(doc.Silent)
	writeJSON(w, doc)
}
