//go:build linux

package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// State is what a node is in.
type State uint8

// The states. One that leaves still answers and is not asked any more, as a load balancer that reads /readyz has it.
const (
	Down State = iota
	Starting
	Up
	Stopped
	Leaving
)

// Node is a place in the cluster where a process runs, or another after it. Its exported fields count when it is started.
type Node struct {
	Name   string
	Binary string      // if empty, the cluster's
	Flags  []string    // more of them
	Env    []string    // more variables, as NAME=VALUE
	Seeds  []string    // gossip addresses; nil: all other nodes'
	TLS    *tls.Config // of who asks it; nil: the cluster's

	cluster *Cluster
	place   int // in the network

	mu      sync.Mutex
	state   State              // guarded by mu
	process *process           // guarded by mu; nil before the first start
	alive   context.Context    // guarded by mu; of what clients ask of this process, until it is killed or stopped
	dead    context.CancelFunc // guarded by mu
}

// process is one run of a node.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed once it has ended
}

// HTTPAddr is the host:port that the node listens on and its clients ask.
func (n *Node) HTTPAddr() string {
	return netip.AddrPortFrom(n.cluster.cfg.Network.Listen(n.place), httpPort).String()
}

// GossipAddr is the host:port at which the others reach it.
func (n *Node) GossipAddr() string { return netip.AddrPortFrom(n.ip(), gossipPort).String() }

func (n *Node) bind() netip.Addr { return n.cluster.cfg.Network.Bind(n.place) }
func (n *Node) ip() netip.Addr   { return n.cluster.cfg.Network.IP(n.place) }

// URL is one of the node's pages.
func (n *Node) URL(path string) string {
	if n.cluster.cfg.TLS != nil {
		return "https://" + n.HTTPAddr() + path
	}
	return "http://" + n.HTTPAddr() + path
}

// Place is the node's number in the network.
func (n *Node) Place() int { return n.place }

// Move makes the node live at another place when it is started again.
func (n *Node) Move(place int) { n.place = place }

// State returns what the node is in.
func (n *Node) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.state
}

// PID returns the process id of the last process.
func (n *Node) PID() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.process.cmd.Process.Pid
}

func (n *Node) joins() []string {
	if n.Seeds != nil {
		return n.Seeds
	}
	return n.cluster.seeds(n)
}

// Launch starts the node's process and does not wait until it is ready.
func (n *Node) Launch() (ready <-chan error, err error) {
	log, err := os.OpenFile(n.cluster.logFile(n), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	said := newReadyLine()
	cmd := n.cluster.command(n)
	cmd.Stdout, cmd.Stderr = said, log
	if err := n.cluster.cfg.Network.Start(n.place, cmd); err != nil {
		return nil, fmt.Errorf("%s: %w", n.Name, err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	go func() { // ends with the process, which Kill waits for
		said.end(cmd.Wait())
		close(p.exited)
	}()
	n.set(p, Starting)
	return said.ready, nil
}

// Start starts the node and waits until it serves; then it is asked.
func (n *Node) Start(ctx context.Context) error {
	ready, err := n.Launch()
	if err != nil {
		return err
	}
	select {
	case err = <-ready:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("starting %s: %w: it said %q", n.Name, err, lastLine(n.cluster.logFile(n)))
	}
	n.change(Up)
	return nil
}

func (n *Node) set(p *process, s State) {
	n.mu.Lock()
	n.process = p
	n.mu.Unlock()
	n.change(s)
}

// change sets the state. What clients ask of a node that is killed or stopped is lost from then on; one that leaves must answer it.
func (n *Node) change(s State) {
	n.mu.Lock()
	if n.dead != nil && (s == Down && n.state != Leaving || s == Stopped) {
		n.dead()
	}
	if s == Up {
		n.alive, n.dead = context.WithCancel(context.Background())
	}
	n.state = s
	n.mu.Unlock()
	n.cluster.aim()
}

func (n *Node) askable() (context.Context, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.alive, n.state == Up
}

// signal sends a signal to the process, if there is one.
func (n *Node) signal(s syscall.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.process != nil {
		_ = n.process.cmd.Process.Signal(s) // it may have ended already
	}
}

// Kill ends the process as kill -9 does, and waits for its end.
func (n *Node) Kill() {
	n.change(Down)
	n.signal(syscall.SIGKILL)
	n.wait()
}

// Stop makes the process stand still, as SIGSTOP does.
func (n *Node) Stop() {
	n.change(Stopped)
	n.signal(syscall.SIGSTOP)
}

// Continue makes a stopped process go on, and be asked again.
func (n *Node) Continue() {
	n.signal(syscall.SIGCONT)
	n.change(Up)
}

// Terminate sends SIGTERM, waits until the node has left, and returns its exit code.
func (n *Node) Terminate() int {
	n.change(Leaving)
	time.Sleep(leaveGrace)
	n.signal(syscall.SIGTERM)
	n.wait()
	n.change(Down)
	return n.process.cmd.ProcessState.ExitCode()
}

// SetAside makes clients ask a node no more, or again.
func (n *Node) SetAside(yes bool) {
	if yes {
		n.change(Starting)
	} else {
		n.change(Up)
	}
}

// leaveGrace is between a node's being asked no more and SIGTERM: the time in which a load balancer acts.
const leaveGrace = 50 * time.Millisecond

func (n *Node) wait() {
	n.mu.Lock()
	p := n.process
	n.mu.Unlock()
	if p != nil {
		<-p.exited
	}
}
