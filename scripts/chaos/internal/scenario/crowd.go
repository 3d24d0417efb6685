//go:build linux

package scenario

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

const (
	callers      = 1000
	shortestWait = 200 * time.Millisecond

	// Some callers arrive at a time, all within a tenth of a second, long before any of them is to be back: to read as many
	// requests at one moment takes longer than the grace that they are given.
	arriving   = 20
	arrivalGap = 2 * time.Millisecond
)

// caller is one of a crowd, on a connection of its own. It reads and writes that itself: what an http.Client takes for as many replies
// at one moment would be most of what is measured.
type caller struct {
	conn  net.Conn
	reply *bufio.Reader
	node  *cluster.Node
	limit time.Duration // its deadline, from when it asks
}

// callTogether connects a crowd to the nodes, in turn. Their deadlines are spread evenly.
func (r *Run) callTogether(nodes []*cluster.Node, longest time.Duration) ([]*caller, error) {
	dialer := net.Dialer{Timeout: restLimit}
	var all []*caller
	for i := range callers {
		n := nodes[i%len(nodes)]
		conn, err := dialer.DialContext(r.ctx, "tcp", n.HTTPAddr())
		if err != nil {
			hangUp(all)
			return nil, err
		}
		limit := shortestWait + (longest-shortestWait)*time.Duration(i)/callers
		all = append(all, &caller{conn: conn, reply: bufio.NewReader(conn), node: n, limit: limit})
	}
	return all, nil
}

func hangUp(all []*caller) {
	for _, c := range all {
		c.conn.Close()
	}
}

// ask asks for a key with the caller's deadline, which the node is told, and returns the status and how long the reply took.
func (c *caller) ask(r *Run, key int) (status int, took time.Duration, err error) {
	target, err := url.Parse(r.target(c.node).Base + truth.Key(key))
	if err != nil {
		return 0, 0, err
	}
	request := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nGocache-Timeout: %d\r\n\r\n", target.RequestURI(), target.Host, c.limit.Milliseconds())
	if err := c.conn.SetDeadline(time.Now().Add(deadline)); err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if _, err := c.conn.Write(request); err != nil {
		return 0, time.Since(began), err
	}
	reply, err := http.ReadResponse(c.reply, nil)
	if err != nil {
		return 0, time.Since(began), err
	}
	defer reply.Body.Close()
	_, err = io.Copy(io.Discard, reply.Body)
	return reply.StatusCode, time.Since(began), err
}

// crowd has many callers wait for one key at once, each with a deadline of its own. It returns by how much the last one was late, and
// how many were answered with a value.
func (r *Run) crowd(what string, key int) (late time.Duration, served int, err error) {
	all, err := r.callTogether(r.cluster.Up(), shortestWait+2*slowOrigin)
	if err != nil {
		return 0, 0, err
	}
	defer hangUp(all)
	r.fault(fmt.Sprintf("%s, %d callers", what, callers))
	var mu sync.Mutex
	var asking sync.WaitGroup
	for i, c := range all {
		if i%arriving == 0 {
			r.sleep(arrivalGap)
		}
		asking.Go(func() {
			status, took, failed := c.ask(r, key)
			mu.Lock()
			defer mu.Unlock()
			late = max(late, took-c.limit)
			if status == http.StatusOK {
				served++
			}
			if failed != nil {
				err = fmt.Errorf("%s: %w", c.node.Name, failed)
			}
		})
	}
	asking.Wait()
	return late, served, err
}
