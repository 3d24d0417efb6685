//go:build linux

// Package cluster runs nodes as real processes, and does to them what befalls processes.
package cluster

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
)

// Ports of each node, which has an address of its own.
const (
	httpPort   = 9999
	gossipPort = 7946
)

// Config says how nodes are started.
type Config struct {
	Binary  string // the command; "serve" and flags are added
	Label   string // of the cluster
	Logs    string // directory for a log file of each node
	Group   string // name of the group
	Options string // of the group: SIZE[,OPTION=VALUE]...
	Origin  string // URL, with {group} and {key}
	Flags   []string
	Network network.Network
	TLS     *tls.Config         // of who asks the nodes; nil: plain HTTP
	Aim     func([]load.Target) // is told who can be asked, at each change
}

// Cluster is a number of nodes, from 0 on. It is safe for concurrent use.
type Cluster struct {
	cfg    Config
	client *http.Client

	mu    sync.Mutex
	nodes []*Node // guarded by mu
}

// New returns a cluster that no node was started in.
func New(cfg Config) *Cluster {
	return &Cluster{cfg: cfg, client: clientWith(cfg.TLS)}
}

// Add makes a node that is not started yet. Its address and its name follow from its number.
func (c *Cluster) Add() *Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := len(c.nodes)
	n := &Node{cluster: c, place: i, Name: "node" + strconv.Itoa(i+1)}
	c.nodes = append(c.nodes, n)
	return n
}

// AddAll makes a number of nodes.
func (c *Cluster) AddAll(count int) {
	for range count {
		c.Add()
	}
}

// StartAll starts all nodes, the first one alone and the others at once.
func (c *Cluster) StartAll(ctx context.Context) error {
	nodes := c.Nodes()
	if err := nodes[0].Start(ctx); err != nil {
		return err
	}
	return Each(nodes[1:], func(n *Node) error { return n.Start(ctx) })
}

// Each does something to nodes at once, and returns the first error.
func Each(nodes []*Node, do func(*Node) error) error {
	errs := make([]error, len(nodes))
	var all sync.WaitGroup
	for i, n := range nodes {
		all.Go(func() { errs[i] = do(n) })
	}
	all.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", nodes[i].Name, err)
		}
	}
	return nil
}

// Nodes returns all nodes, whatever became of them.
func (c *Cluster) Nodes() []*Node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.nodes)
}

// Up returns the nodes that can be asked.
func (c *Cluster) Up() []*Node {
	return slices.DeleteFunc(c.Nodes(), func(n *Node) bool { return n.State() != Up })
}

// seeds are the gossip addresses that a node joins by: all others', so that it does not depend on one of them.
func (c *Cluster) seeds(but *Node) []string {
	var addrs []string
	for _, n := range c.Nodes() {
		if n != but {
			addrs = append(addrs, n.GossipAddr())
		}
	}
	return addrs
}

// aim tells who can be asked now.
func (c *Cluster) aim() {
	if c.cfg.Aim == nil {
		return
	}
	var targets []load.Target
	for _, n := range c.Nodes() {
		if alive, ok := n.askable(); ok {
			targets = append(targets, load.Target{Name: n.Name, Base: n.URL("/_gocache/" + c.cfg.Group + "/"), Alive: alive})
		}
	}
	c.cfg.Aim(targets)
}

// Close kills every node and waits for its end.
func (c *Cluster) Close() {
	for _, n := range c.Nodes() {
		n.Kill()
	}
}

// command is how a node is started.
func (c *Cluster) command(n *Node) *exec.Cmd {
	args := []string{
		"serve", "--name", n.Name, "--listen", n.HTTPAddr(), "--cluster", c.cfg.Label,
		"--gossip", netip.AddrPortFrom(n.bind(), gossipPort).String(), "--advertise", n.ip().String(),
		"--group", c.cfg.Group + "=" + c.cfg.Options, "--origin", c.cfg.Origin, "--log-format", "json", "--insecure",
	}
	for _, seed := range n.joins() {
		args = append(args, "--join", seed)
	}
	args = append(args, c.cfg.Flags...)
	binary := c.cfg.Binary
	if n.Binary != "" {
		binary = n.Binary
	}
	cmd := exec.Command(binary, append(args, n.Flags...)...)
	cmd.Env = append(os.Environ(), n.Env...)
	return cmd
}

func (c *Cluster) logFile(n *Node) string { return filepath.Join(c.cfg.Logs, n.Name+".log") }
