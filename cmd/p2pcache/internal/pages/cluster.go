package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

// ClusterPath is the path of the page that a Cluster is read from.
const ClusterPath = "/debug/cluster"

const (
	// arcPoints is how finely the ring is drawn.
	arcPoints = 720
	// sharePoints is how finely shares are counted: to a thousandth or so.
	sharePoints = 1 << 16

	// maxAsked bounds the members that one is asked about at a time, and askTimeout how long each may take.
	maxAsked   = 128
	askTimeout = time.Second
	// askedAtOnce bounds the requests under way.
	askedAtOnce = 32

	// clusterLife is how long an answer is good for all who ask: the others are not asked more often.
	clusterLife = 400 * time.Millisecond
)

// Cluster is the JSON of the members and of what each counts, as one node sees and hears it.
type Cluster struct {
	// Self is the name of the member that answers.
	Self string `json:"self"`

	UnixMilli int64  `json:"unix_ms"`
	RingHash  uint64 `json:"ring_hash"`

	// Arcs says for points evenly spaced around the ring who owns each: an index of Members, or -1.
	Arcs []int `json:"arcs"`

	Members []MemberStats `json:"members"`

	// Events are the last changes of the members, oldest first.
	Events []Event `json:"events"`
}

// MemberStats is a member, and what it says of itself.
type MemberStats struct {
	Member

	// Share is the part of all keys that the member owns, from 0 to 1.
	Share float64 `json:"share"`

	// Stats is absent where the member did not answer, as Error says.
	Stats *Stats `json:"stats,omitempty"`
	Error string `json:"error,omitempty"`
}

// cluster asks the members for what they count.
type cluster struct {
	pages *Pages
	shown *shown
	turn  chan struct{} // holds one token, which whoever uses what follows has taken

	last   *Cluster
	until  time.Time          // last is good until then
	shares map[string]float64 // of the ring with the hash ring
	ring   uint64
}

func newCluster(p *Pages, s *shown) *cluster {
	c := &cluster{pages: p, shown: s, turn: make(chan struct{}, 1)}
	c.turn <- struct{}{}
	return c
}

// serve answers with the last answer while that is good, or with a new one, for which all who come meanwhile wait.
func (c *cluster) serve(w http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
		return
	case <-c.turn:
	}
	if time.Now().After(c.until) {
		c.last = c.collect()
		c.until = time.Now().Add(clusterLife)
	}
	doc := c.last
	c.turn <- struct{}{}
	writeJSON(w, doc)
}

// collect asks all members. It does not end with the connection of the one who came first: others wait for it as well.
func (c *cluster) collect() *Cluster {
	n := c.shown.node
	doc := &Cluster{Self: n.Self().Name, RingHash: n.Stats().RingHash, Events: c.shown.watch.recent()}
	all := n.Members()
	c.countShares(n, doc.RingHash)
	index := make(map[string]int, len(all))
	for i, m := range all {
		index[m.Name] = i
		doc.Members = append(doc.Members, MemberStats{Member: Member(m), Share: c.shares[m.Name]})
	}
	doc.Arcs = arcs(n, index)
	c.ask(context.Background(), all, StatsPath, nil, func(i int, page []byte, err error) {
		m := &doc.Members[i]
		switch {
		case m.Name == doc.Self:
			m.Stats = new(c.pages.stats(n))
		case err == nil:
			err = json.Unmarshal(page, &m.Stats)
		}
		if err != nil {
			m.Stats, m.Error = nil, err.Error()
		}
	})
	doc.UnixMilli = time.Now().UnixMilli()
	return doc
}

// countShares counts the members' parts of the ring, once for each ring.
func (c *cluster) countShares(n Node, ring uint64) {
	if c.shares != nil && c.ring == ring {
		return
	}
	c.shares, c.ring = map[string]float64{}, ring
	for _, owner := range n.Arcs(sharePoints) {
		c.shares[owner] += 1.0 / sharePoints
	}
}

func arcs(n Node, index map[string]int) []int {
	owners := make([]int, 0, arcPoints)
	for _, name := range n.Arcs(arcPoints) {
		i, ok := index[name]
		if !ok { // the ring has changed since the members were listed
			i = -1
		}
		owners = append(owners, i)
	}
	return owners
}

// errNotAsked stands for the answers of members that come after the first maxAsked.
var errNotAsked = fmt.Errorf("not asked: one node asks %d at most", maxAsked)

// ask fetches a page of each of the members but this node itself, and calls got with each answer, concurrently; for this node
// it is called with none.
func (c *cluster) ask(ctx context.Context, members []node.Member, path string, query url.Values, got func(i int, page []byte, err error)) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	self, slots := c.shown.node.Self().Name, make(chan struct{}, askedAtOnce)
	var asked sync.WaitGroup
	for i, m := range members {
		if m.Name == self {
			got(i, nil, nil)
			continue
		}
		if i >= maxAsked {
			got(i, nil, errNotAsked)
			continue
		}
		slots <- struct{}{}
		asked.Go(func() {
			defer func() { <-slots }()
			page, err := c.shown.members.Get(ctx, c.shown.scheme()+m.HTTPAddr, path, query)
			if err == nil {
				err = page.Err()
			}
			got(i, page.Body, err)
		})
	}
	asked.Wait()
}
