//go:build linux

package scenario

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

func crowds() []Scenario {
	return []Scenario{
		{Name: "loris", About: "500 clients that never end their requests: errors 0; others' p99 at most 2 × steady", steady: comparedSteady, run: loris},
		{Name: "connections", About: "10000 connections to one node: errors 0; others' p99 at most 2 × steady; recovers within 5s", steady: comparedSteady, run: connections},
		{Name: "files", About: "a node may open 64 files and 200 clients come: others' errors 0 and p99 at most 2 × steady; recovers within 5s", steady: comparedSteady, run: fewFiles},
	}
}

const (
	lorises      = 500
	manyConns    = 10000
	fewConns     = 200
	fileLimit    = 64
	recoverLimit = 5 * time.Second
)

// open connects to a node many times, by some at once. Those that fail are left out.
func open(ctx context.Context, n *cluster.Node, count int) []net.Conn {
	const atOnce = 32
	workers := newWorkers(atOnce)
	dialer := net.Dialer{Timeout: recoverLimit}
	var mu sync.Mutex
	var conns []net.Conn
	for range count {
		workers.do(func() {
			conn, err := dialer.DialContext(ctx, "tcp", n.HTTPAddr())
			if err != nil {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			conns = append(conns, conn)
		})
	}
	workers.wait()
	return conns
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		c.Close()
	}
}

func loris(r *Run) error {
	victim := r.victim()
	conns := open(r.ctx, victim, lorises)
	defer closeAll(conns)
	if len(conns) == 0 {
		return fmt.Errorf("%s takes no connections", victim.Name)
	}
	r.fault(fmt.Sprintf("%d slow clients at %s", len(conns), victim.Name))
	for _, c := range conns {
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")) // the node may have closed it
	}
	for end := time.Now().Add(r.set.Duration); time.Now().Before(end) && r.ctx.Err() == nil; {
		r.trickle(conns)
	}
	r.within("p99", r.since().P99, 2*r.result.Steady.P99)
	return nil
}

// trickle sends a byte on each connection, over a second: some every few milliseconds, as clients that know nothing of each other do
// not send theirs at one moment.
func (r *Run) trickle(conns []net.Conn) {
	const atOnce = 5
	pause := time.Second * atOnce / lorises
	for some := range slices.Chunk(conns, atOnce) {
		for _, c := range some {
			_, _ = c.Write([]byte("x")) // the node may have closed it
		}
		r.sleep(pause)
	}
}

func connections(r *Run) error {
	victim := r.victim()
	r.fault(fmt.Sprintf("%d connections to %s", manyConns, victim.Name))
	conns := open(r.ctx, victim, manyConns)
	defer closeAll(conns)
	began := r.timeline.Event(fmt.Sprintf("%d connections are open", len(conns)))
	r.goOn()
	p99 := timeline.Summarize(r.timeline.Gets(began, r.timeline.Now())).P99
	r.atMost("connections refused", float64(manyConns-len(conns)), 0)
	r.within("p99", p99, 2*r.result.Steady.P99)
	closeAll(conns)
	r.recovers(victim)
	return nil
}

// recovers checks that a node answers soon.
func (r *Run) recovers(n *cluster.Node) {
	r.fault("it is over")
	began := time.Now()
	var err error
	for {
		ctx, cancel := context.WithTimeout(r.ctx, time.Second)
		err = r.load.Get(ctx, r.target(n), 0)
		cancel()
		if err == nil || time.Since(began) > 2*recoverLimit || r.ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		r.timeline.Complain(fmt.Sprintf("%s does not recover: %v", n.Name, err))
	}
	r.within("recovered", time.Since(began), recoverLimit)
}

func fewFiles(r *Run) error {
	victim := r.victim()
	var before unix.Rlimit
	few := unix.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := unix.Prlimit(victim.PID(), unix.RLIMIT_NOFILE, nil, &before); err != nil {
		return fmt.Errorf("prlimit: %w", err)
	}
	few.Max = before.Max
	victim.SetAside(true)
	r.fault(fmt.Sprintf("%s may open %d files, %d clients come", victim.Name, fileLimit, fewConns))
	if err := unix.Prlimit(victim.PID(), unix.RLIMIT_NOFILE, &few, nil); err != nil {
		return fmt.Errorf("prlimit: %w", err)
	}
	conns := open(r.ctx, victim, fewConns)
	r.goOn()
	r.within("p99", r.since().P99, 2*r.result.Steady.P99)
	closeAll(conns)
	if err := unix.Prlimit(victim.PID(), unix.RLIMIT_NOFILE, &before, nil); err != nil {
		return fmt.Errorf("prlimit: %w", err)
	}
	r.recovers(victim)
	victim.SetAside(false)
	return r.agree(15 * time.Second)
}
