//go:build linux

package scenario

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/crowd"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

const (
	callers      = 1000
	shortestWait = 200 * time.Millisecond

	// Some callers arrive at a time, all within a tenth of a second, long before any of them is to be back: to read as many
	// requests at one moment takes longer than the grace that they are given.
	arriving   = 20
	arrivalGap = 2 * time.Millisecond

	// settling is what the nodes are given to accept the callers' connections, whose cost the scenario connections is about.
	settling = 200 * time.Millisecond
)

// callTogether connects a crowd to the nodes, in turn. Their deadlines are spread evenly.
func (r *Run) callTogether(nodes []*cluster.Node, longest time.Duration) ([]*crowd.Caller, error) {
	var all []*crowd.Caller
	for i := range callers {
		limit := shortestWait + (longest-shortestWait)*time.Duration(i)/callers
		c, err := crowd.Connect(nodes[i%len(nodes)].HTTPAddr(), limit)
		if err != nil {
			hangUp(all)
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func hangUp(all []*crowd.Caller) {
	for _, c := range all {
		c.Close()
	}
}

// request is what a caller with a deadline sends to ask n for a key.
func (r *Run) request(n *cluster.Node, key int, limit time.Duration) ([]byte, error) {
	target, err := url.Parse(r.target(n).Base + truth.Key(key))
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nGocache-Timeout: %d\r\n\r\n", target.RequestURI(), target.Host, limit.Milliseconds()), nil
}

// crowd has many callers wait for one key at once, each with a deadline of its own. It returns by how much the last one was late, and
// how many were answered with a value. Nothing is read until all are to be back: see package crowd.
func (r *Run) crowd(what string, key int) (late time.Duration, served int, err error) {
	nodes, longest := r.cluster.Up(), shortestWait+2*slowOrigin
	all, err := r.callTogether(nodes, longest)
	if err != nil {
		return 0, 0, err
	}
	defer hangUp(all)
	r.sleep(settling)
	r.fault(fmt.Sprintf("%s, %d callers", what, callers))
	for i, c := range all {
		if i%arriving == 0 {
			r.sleep(arrivalGap)
		}
		request, err := r.request(nodes[i%len(nodes)], key, c.Limit)
		if err != nil {
			return 0, 0, err
		}
		if err := c.Ask(request); err != nil {
			return 0, 0, err
		}
	}
	r.sleep(longest + callerGrace)
	for i, c := range all {
		status, took, err := c.Reply(deadline)
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %w", nodes[i%len(nodes)].Name, err)
		}
		late = max(late, took-c.Limit)
		if status == http.StatusOK {
			served++
		}
	}
	return late, served, nil
}
