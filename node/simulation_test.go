package node_test

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/p2pcache/p2pcache/membership/simnet"
	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

// simulation is a network in memory, in a bubble. Time passes there only while nobody has anything to do, so nothing takes long
// because a machine is busy: what a test counts is the same on all of them. Who never rests keeps time from passing.
type simulation struct {
	t   testing.TB
	net *simnet.Network
}

var loopback = netip.MustParseAddr("127.0.0.1")

// simulate runs a test of nodes in a bubble.
func simulate(t *testing.T, test func(*testing.T, simulation)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, simulation{t, simnet.New(simnet.Config{})}) })
}

// over has a node listen, gossip and connect on the network.
func (s simulation) over(_ int, cfg *node.Config) {
	if cfg.Listener == nil {
		cfg.Listener = s.listen()
	}
	cfg.Listen = ""
	cfg.Over(s.net.Host(loopback), s.dial)
}

func (s simulation) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	return s.net.Host(loopback).Dial(ctx, to)
}

func (s simulation) listen() net.Listener {
	s.t.Helper()
	_, l, err := s.net.Host(loopback).Listen(netip.AddrPortFrom(loopback, 0))
	if err != nil {
		s.t.Fatal(err)
	}
	return l
}

// start starts a cluster of n nodes.
func (s simulation) start(n int, edit ...func(int, *node.Config)) []*node.Node {
	s.t.Helper()
	return nodetest.Start(s.t, n, append(edit, s.over)...)
}

// node starts one that knows nobody, under a name if that is not empty.
func (s simulation) node(name string) *node.Node {
	s.t.Helper()
	cfg := node.Config{Name: name, Gossip: "127.0.0.1:0"}
	s.over(0, &cfg)
	n, err := node.New(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { n.Close() })
	return n
}

// restart starts a node, under a name if that is not empty, and lets it join a cluster.
func (s simulation) restart(name, seed string) *node.Node {
	s.t.Helper()
	n := s.node(name)
	if err := n.Join(s.t.Context(), seed); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// client asks a node of the simulation.
func (s simulation) client(cfg node.ClientConfig) *node.Client {
	s.t.Helper()
	cfg.Over(s.dial)
	c, err := node.NewClient(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}
