// Package simnet has networks to try members on: one that holds them all in a process, and one that loses packets.
package simnet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

// queueLength is how many packets wait at a host before more are lost, as a kernel loses them.
const queueLength = 4096

// Config is how good a network is. The zero value is a perfect one.
type Config struct {
	Delay time.Duration // of each packet, and of the opening of a stream
	Loss  float64       // the part of the packets that is lost, 0 to 1
}

// Network holds any number of hosts in one process. Its methods may be called concurrently.
type Network struct {
	config  Config
	traffic struct{ packets, packetBytes, streams, streamBytes atomic.Int64 }

	mu    sync.Mutex // guards the fields below
	ports map[netip.AddrPort]*port
	cut   func(from, to netip.Addr) bool
}

// New returns a network without hosts.
func New(c Config) *Network {
	return &Network{config: c, ports: make(map[netip.AddrPort]*port)}
}

// Host is the network as it is seen from one host.
func (n *Network) Host(ip netip.Addr) membership.Network { return host{n, ip} }

// Cut makes the network lose all that goes from one host to another where cut says so; nil heals it.
func (n *Network) Cut(cut func(from, to netip.Addr) bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = cut
}

// Traffic is what went over a network.
type Traffic struct{ Packets, PacketBytes, Streams, StreamBytes int64 }

// Traffic returns what went over the network so far, packets that were lost on the way included.
func (n *Network) Traffic() Traffic {
	t := &n.traffic
	return Traffic{t.packets.Load(), t.packetBytes.Load(), t.streams.Load(), t.streamBytes.Load()}
}

// reach returns the port at an address, if a packet from a host gets there.
func (n *Network) reach(from netip.Addr, to netip.AddrPort) *port {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut != nil && n.cut(from, to.Addr()) {
		return nil
	}
	return n.ports[to]
}

// isCut tells whether nothing gets from one host to another.
func (n *Network) isCut(from, to netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.cut != nil && n.cut(from, to)
}

// open takes a port, a free one if addr's is 0.
func (n *Network) open(addr netip.AddrPort) (*port, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for free := uint16(10_000); addr.Port() == 0; free++ {
		if at := netip.AddrPortFrom(addr.Addr(), free); n.ports[at] == nil {
			addr = at
		}
	}
	if n.ports[addr] != nil {
		return nil, fmt.Errorf("listen %v: %w", addr, syscall.EADDRINUSE)
	}
	p := &port{net: n, addr: addr, packets: make(chan packet, queueLength), streams: make(chan net.Conn), closed: make(chan struct{})}
	n.ports[addr] = p
	return p, nil
}

func (n *Network) close(p *port) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ports[p.addr] == p {
		delete(n.ports, p.addr)
	}
}

// host is a Network for the members on one host.
type host struct {
	net *Network
	ip  netip.Addr
}

func (h host) Listen(addr netip.AddrPort) (membership.PacketConn, net.Listener, error) {
	p, err := h.net.open(addr)
	if err != nil {
		return nil, nil, err
	}
	return packetConn{p}, listener{p}, nil
}

func (h host) Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	if h.net.isCut(h.ip, addr.Addr()) {
		<-ctx.Done()
		return nil, fmt.Errorf("dial %v: %w", addr, context.Cause(ctx))
	}
	time.Sleep(h.net.config.Delay)
	p := h.net.reach(h.ip, addr)
	if p == nil {
		return nil, fmt.Errorf("dial %v: %w", addr, syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	h.net.traffic.streams.Add(1)
	here := netip.AddrPortFrom(h.ip, 0)
	select {
	case p.streams <- stream{far, h.net, addr, here}:
		return stream{near, h.net, here, addr}, nil
	case <-p.closed:
		return nil, fmt.Errorf("dial %v: %w", addr, syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, fmt.Errorf("dial %v: %w", addr, context.Cause(ctx))
	}
}

// lose tells whether to lose a packet.
func lose(loss float64) bool { return loss > 0 && rand.Float64() < loss }
