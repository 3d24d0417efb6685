//go:build linux

package scenario

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func hostiles() []Scenario {
	return []Scenario{
		{Name: "hostile", About: "keys and values at their limits and beyond, paths that are none, and noise to every port: typed errors, no panic, at most 64MiB more memory; errors 0",
			options: ",max-value=1MiB", run: hostile},
	}
}

const (
	maxKey      = 4 << 10
	maxValue    = 1 << 20
	noiseBytes  = 1 << 10
	noiseRounds = 200
	moreMemory  = 64 << 20
	replyLimit  = 5 * time.Second
)

// paths are targets of requests that no well-meaning client sends.
func paths() []string {
	return []string{
		"/_gocache/chaos/../../etc/passwd", "/_gocache/chaos//", "/_gocache//k1", "/_gocache/chaos/%00", "/_gocache/chaos/%",
		"/_gocache/chaos/%zz", "/_gocache/chaos/%2e%2e%2f", "/_gocache/chaos/\xff\xfe", "*", "http://other/_gocache/chaos/k1",
		"/_gocache/chaos/" + strings.Repeat("a", 70000), "/_gocache/" + strings.Repeat("/", 1000), "//_gocache/chaos/k1", "",
		"/_gocache/chaos?x=1", "/_gocache/unknown/k1", "/_gocache/chaos/k1#x", "/_gocache/chaos/k1 HTTP/9.9",
	}
}

func hostile(r *Run) error {
	victim := r.victim()
	before, err := victim.Look(r.ctx)
	if err != nil {
		return err
	}
	r.fault("limits, paths and noise to " + victim.Name)
	mistaken, err := r.limits(victim)
	if err != nil {
		return err
	}
	r.atMost("limits not kept", float64(mistaken), 0)
	failed := 0
	for _, path := range paths() {
		if status := rawGet(r.ctx, victim.HTTPAddr(), path); status >= 500 {
			r.timeline.Complain(fmt.Sprintf("%.60q was answered %d", path, status))
			failed++
		}
	}
	r.atMost("paths answered by 5xx", float64(failed), 0)
	r.noise(victim)
	r.goOn()
	after, err := victim.Look(r.ctx)
	if err != nil {
		return err
	}
	r.atMost("MiB more memory", max(0, float64(after.Resident-before.Resident)/(1<<20)), moreMemory>>20)
	return r.agree(15 * time.Second)
}

// limits puts keys and values at their limits and one byte beyond, and counts those that are not answered as they should be.
func (r *Run) limits(n *cluster.Node) (mistaken int, err error) {
	for _, put := range []struct{ key, value, want int }{
		{maxKey - 1, 1, http.StatusNoContent}, {maxKey, 1, http.StatusNoContent}, {maxKey + 1, 1, http.StatusRequestEntityTooLarge},
		{1, maxValue - 1, http.StatusNoContent}, {1, maxValue, http.StatusNoContent}, {1, maxValue + 1, http.StatusRequestEntityTooLarge},
	} {
		req, err := http.NewRequestWithContext(r.ctx, http.MethodPut, r.target(n).Base+strings.Repeat("x", put.key),
			bytes.NewReader(make([]byte, put.value)))
		if err != nil {
			return 0, err
		}
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, fmt.Errorf("PUT of a key of %d bytes and a value of %d: %w", put.key, put.value, err)
		}
		reply.Body.Close()
		if reply.StatusCode != put.want {
			r.timeline.Complain(fmt.Sprintf("PUT of a key of %d bytes and a value of %d: %s, want %d", put.key, put.value, reply.Status, put.want))
			mistaken++
		}
	}
	return mistaken, nil
}

// rawGet sends a request whose target is not changed on the way, and returns the reply's status; 0 if the connection ended instead.
func rawGet(ctx context.Context, addr, target string) int {
	conn, err := (&net.Dialer{Timeout: replyLimit}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(replyLimit))
	fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", target)
	reply, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	reply.Body.Close()
	return reply.StatusCode
}

// noise sends random bytes to both ports, some of them behind what makes them look like something.
func (r *Run) noise(n *cluster.Node) {
	starts := []string{"", "GET ", "GET /_gocache/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: gocache\r\n\r\n", "\x00\x00\xff\xff", "\xf4"}
	for i := range noiseRounds {
		noise := make([]byte, noiseBytes)
		for j := range noise {
			noise[j] = byte(r.chance.Uint32())
		}
		text := append([]byte(starts[i%len(starts)]), noise...)
		send(r.ctx, "tcp", n.HTTPAddr(), text)
		send(r.ctx, "tcp", n.GossipAddr(), text)
		send(r.ctx, "udp", n.GossipAddr(), text)
	}
}

// send is in vain where the other side has enough of it.
func send(ctx context.Context, network, addr string, text []byte) {
	conn, err := (&net.Dialer{Timeout: replyLimit}).DialContext(ctx, network, addr)
	if err != nil {
		return
	}
	_, _ = conn.Write(text)
	conn.Close()
}
