//go:build linux

package scenario

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

// mixture is a number of troubles that overlap. The first node is spared death, so that what grows in it grows for all of the run;
// and so many nodes are always whole that clients have somebody to ask.
type mixture struct {
	run     *Run
	running sync.WaitGroup
	done    atomic.Int64

	mu   sync.Mutex
	busy map[*cluster.Node]bool // guarded by mu; in trouble
	cuts int                    // guarded by mu; links that are cut
	slow bool                   // guarded by mu; the origin is in trouble
	errs []error                // guarded by mu
}

// whole nodes at the least, at any time.
const leastWhole = 2

func newMixture(r *Run) *mixture { return &mixture{run: r, busy: map[*cluster.Node]bool{}} }

// prepare returns what is done for a trouble, and its name; nil where it cannot be now.
func (m *mixture) prepare(t trouble) (do func() error, what string) {
	switch t.kind {
	case "slow origin", "failing origin":
		return m.origin(t), t.kind
	case "join":
		return m.join(t), t.kind
	case "cut", "one-way cut":
		return m.cut(t)
	}
	n := m.take(t.node, t.kind != "SIGSTOP")
	if n == nil {
		return nil, ""
	}
	return func() error {
		defer m.release(n)
		return m.suffer(n, t)
	}, t.kind + " " + n.Name
}

// take chooses a node that is in no trouble; nil if there is none to be spared. One that dies is not the first.
func (m *mixture) take(lot int, dies bool) *cluster.Node {
	m.mu.Lock()
	defer m.mu.Unlock()
	var whole []*cluster.Node
	for i, n := range m.run.cluster.Up() {
		if !m.busy[n] && (i > 0 || !dies) {
			whole = append(whole, n)
		}
	}
	if len(whole) <= leastWhole {
		return nil
	}
	n := whole[lot%len(whole)]
	m.busy[n] = true
	return n
}

func (m *mixture) release(n *cluster.Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.busy, n)
}

// suffer does to a node what befalls it, and makes it whole again.
func (m *mixture) suffer(n *cluster.Node, t trouble) error {
	switch t.kind {
	case "SIGSTOP":
		n.Stop()
		m.run.sleep(t.length)
		n.Continue()
		return nil
	case "kill -9":
		n.Kill()
	default:
		if code := n.Terminate(); code != 0 {
			return fmt.Errorf("exit code %d", code)
		}
	}
	m.run.sleep(t.length)
	return m.start(n)
}

func (m *mixture) start(n *cluster.Node) error {
	ctx, cancel := context.WithTimeout(m.run.ctx, restLimit)
	defer cancel()
	return n.Start(ctx)
}

// join makes one more node a member for a while, unless there is one.
func (m *mixture) join(t trouble) func() error {
	if len(m.run.cluster.Nodes()) > m.run.set.Nodes {
		return m.rejoin(m.run.cluster.Nodes()[m.run.set.Nodes], t)
	}
	return m.rejoin(m.run.cluster.Add(), t)
}

func (m *mixture) rejoin(n *cluster.Node, t trouble) func() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.busy[n] || n.State() != cluster.Down {
		return nil
	}
	m.busy[n] = true
	return func() error {
		defer m.release(n)
		if err := m.start(n); err != nil {
			return err
		}
		m.run.sleep(t.length)
		if code := n.Terminate(); code != 0 {
			return fmt.Errorf("exit code %d", code)
		}
		return nil
	}
}

// cut cuts one node off from all others, or what it sends to one of them. What is confirmed meanwhile is not trusted.
func (m *mixture) cut(t trouble) (func() error, string) {
	up := m.run.cluster.Up()
	n := m.take(t.node, false)
	if n == nil {
		return nil, ""
	}
	others, do := up, m.bothWays
	if peer := up[t.peer%len(up)]; t.kind == "one-way cut" {
		if peer == n {
			m.release(n)
			return nil, ""
		}
		others, do = []*cluster.Node{peer}, m.oneWay
	}
	return func() error {
		defer m.release(n)
		m.trust(1)
		defer m.trust(-1)
		err := do(n, others, m.run.net.Cut)
		m.run.sleep(t.length)
		return errors.Join(err, do(n, others, m.run.net.Mend), m.settle())
	}, t.kind + " " + n.Name
}

func (m *mixture) bothWays(n *cluster.Node, others []*cluster.Node, do func(from, to int) error) error {
	var errs []error
	for _, other := range others {
		if other != n {
			errs = append(errs, do(n.Place(), other.Place()), do(other.Place(), n.Place()))
		}
	}
	return errors.Join(errs...)
}

func (m *mixture) oneWay(n *cluster.Node, others []*cluster.Node, do func(from, to int) error) error {
	return do(n.Place(), others[0].Place())
}

// trust counts the cuts, while which no confirmation is trusted.
func (m *mixture) trust(cuts int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cuts += cuts
	m.run.load.Trust(m.cuts == 0)
}

// settle waits until the two sides of a cut have found each other again.
func (m *mixture) settle() error {
	m.run.sleep(settleAfterCut)
	return m.run.ctx.Err()
}

// settleAfterCut is what two sides of a cut get to find each other.
const settleAfterCut = 8 * time.Second

// origin makes the origin slow, or fail, unless it does something already.
func (m *mixture) origin(t trouble) func() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.slow {
		return nil
	}
	m.slow = true
	return func() error {
		o := m.run.origin
		if t.kind == "slow origin" {
			o.SetDelay(100 * time.Millisecond)
		} else {
			m.run.load.Excuse(true)
			o.SetStatus(http.StatusInternalServerError)
		}
		m.run.sleep(t.length)
		o.SetDelay(0)
		o.SetStatus(0)
		if t.kind != "slow origin" {
			m.run.load.Excuse(false)
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.slow = false
		return nil
	}
}
