package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/transport"
)

// closeGrace is how long Close waits for Loaders that have not noticed the end of their context.
const closeGrace = 5 * time.Second

// Node is one member of the cluster, and the way of this process to the cluster's groups. It is safe for concurrent use.
type Node struct {
	cfg      Config
	name     string
	httpAddr string        // host:port that others reach it by; empty if they cannot
	certs    *certificates // nil: Config.TLSFiles is not set
	clients  net.Listener  // of outside clients alone; nil: none
	log      zerolog.Logger

	ctx    context.Context // the node's life
	cancel context.CancelFunc
	work   workers

	server  *transport.Server
	cluster *membership.Cluster // nil: no gossip

	clock    clock
	doubt    doubt
	view     atomic.Pointer[view]
	topology topology
	groups   groupTable

	handovers handovers

	suspicious atomic.Bool // most peers do not answer, and that was logged
	emptied    atomic.Bool // nothing is stored any more, as the others take this node for gone

	leaving  sync.Once
	left     chan struct{} // made once somebody leaves, closed when it has left
	leaveErr error
	closing  sync.Once
	closeErr error
}

// New starts a node. It serves, and gossips if Config.Gossip is set, from then on until Leave or Close.
func New(cfg Config) (*Node, error) {
	n, err := start(cfg.withDefaults())
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	return n, nil
}

func start(cfg Config) (*Node, error) {
	listener, err := cfg.Listener, cfg.validate()
	if err == nil && listener == nil && cfg.Listen != "" {
		listener, err = net.Listen("tcp", cfg.Listen)
	}
	if err != nil {
		if listener != nil {
			listener.Close()
		}
		return nil, err
	}
	n, err := newNode(cfg, listener)
	if err != nil {
		if listener != nil {
			listener.Close()
		}
		return nil, err
	}
	if listener != nil {
		n.server.Start(listener)
	}
	if err := n.listenForClients(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	if err := n.gossip(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

// newNode makes a node that knows nobody yet.
func newNode(cfg Config, listener net.Listener) (*Node, error) {
	if err := refuseOpen(cfg, listener); err != nil {
		return nil, err
	}
	addr, err := httpAddress(cfg, listener)
	if err != nil {
		return nil, err
	}
	keys, err := newKeyring(cfg.Secret, cfg.AcceptSecrets)
	if err != nil {
		return nil, err
	}
	certs, err := loadTLS(cfg.TLSFiles, cfg.Logger)
	if err != nil {
		return nil, err
	}
	if certs != nil {
		cfg.TLS = certs.serve(false)
	}
	n := &Node{certs: certs, cfg: cfg, name: orDefault(orDefault(cfg.Name, addr), "local"), httpAddr: addr, log: cfg.Logger}
	n.topology.keys = keys
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.view.Store(n.alone())
	n.startHandovers()
	n.server = transport.NewServer(transport.ServerConfig{
		Handler: (*handler)(n), Fallback: cfg.Fallback, Member: n.name, TLS: cfg.TLS, Token: cfg.ClientToken,
		GroupcacheCompat: cfg.GroupcacheCompat, RequestContext: cfg.RequestContext, Logger: cfg.Logger,
	})
	keys.giveHTTP(n.server)
	return n, nil
}

// gossip makes the node a member of a cluster of one, which Join makes larger.
func (n *Node) gossip() error {
	if n.cfg.Gossip == "" {
		return nil
	}
	keys := n.topology.keys // nobody else has the node yet
	cluster, err := membership.Start(membership.Config{
		Name: n.name, HTTPAddr: n.httpAddr, Zone: n.cfg.Zone, Weight: n.cfg.Weight,
		Bind: n.cfg.Gossip, Advertise: n.cfg.gossipIP(n.httpAddr),
		Label: n.cfg.Cluster, Key: keys.use().gossip, Profile: n.cfg.GossipProfile,
		MaxMembers: n.cfg.MaxMembers, AllowForeignHTTP: n.cfg.AllowForeignHTTP,
		OnSnapshot: n.applySnapshot, OnSettled: n.settled, OnEpoch: n.heardOfPurge, Logger: n.log,
		Network: n.cfg.network.gossip,
	})
	if err != nil {
		return err
	}
	n.cluster = cluster
	if err := keys.giveGossip(cluster, nil); err != nil {
		return err
	}
	n.applySnapshot(cluster.Snapshot())
	n.watchClock()
	return nil
}

// gossipIP is the IP that a node is gossiped to at: that of its HTTP address where Advertise says what others reach, or the
// node binds every one. If empty, the one that it binds.
func (c Config) gossipIP(httpAddr string) string {
	if ip := net.ParseIP(hostOf(c.Gossip)); c.Advertise == "" && (ip == nil || !ip.IsUnspecified()) {
		return ""
	}
	if host := hostOf(httpAddr); net.ParseIP(host) != nil {
		return host
	}
	return ""
}

// Handler serves the /_gocache/ protocol, and Config.Fallback outside it, for a server of one's own. It must get paths as
// they were sent: a http.ServeMux in front of it redirects the keys that look like paths to be cleaned.
func (n *Node) Handler() http.Handler { return n.server }

// Close ends the node at once, without telling the others, and waits for its goroutines. Gets under way fail with
// ErrClosed. It may be called again, and concurrently. It must not be called by a Loader or a handler of the node. The error
// names Loaders that ignore the end of their context.
func (n *Node) Close() error {
	n.closing.Do(func() { n.closeErr = n.close() })
	return n.closeErr
}

func (n *Node) close() error {
	n.empty()
	n.cancel()
	n.closeTopology()
	if n.cluster != nil {
		n.cluster.Close()
	}
	n.server.Close()
	running := n.work.close(closeGrace)
	for _, g := range n.groups.all() {
		g.store.Purge()
	}
	if running > 0 {
		return fmt.Errorf("node: close: %d loads ignore the end of their context", running)
	}
	return nil
}
