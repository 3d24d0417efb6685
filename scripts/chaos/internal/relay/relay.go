// Package relay forwards TCP connections and UDP datagrams, and does to them on the way what networks do: it delays, loses,
// slows and cuts off.
package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// Config says from where to where is forwarded. Either network may be left out.
type Config struct {
	Listen string // host:port; port 0 picks a free one, for TCP and UDP the same
	Target string // host:port
	TCP    bool
	UDP    bool

	// Identify tells which of a set of clients a connection or datagram comes from, for Relay.SetFor. It is asked once for
	// each, and not before the faults of clients differ. If nil, they are all client 0.
	Identify func(network string, from netip.AddrPort) (client int, ok bool)
}

// Relay runs until Close. It is safe for concurrent use.
type Relay struct {
	cfg      Config
	addr     netip.AddrPort
	tcp      net.Listener
	udp      *net.UDPConn
	faults   atomic.Pointer[Faults]
	byClient sync.Map    // client to *Faults, where they differ
	differ   atomic.Bool // byClient counts
	ctx      context.Context
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Start begins to listen.
func Start(cfg Config) (*Relay, error) {
	if !cfg.TCP && !cfg.UDP {
		return nil, errors.New("relay: neither TCP nor UDP is to be forwarded")
	}
	r := &Relay{cfg: cfg}
	r.faults.Store(&Faults{})
	r.ctx, r.cancel = context.WithCancel(context.Background())
	if err := r.listen(); err != nil {
		r.Close()
		return nil, fmt.Errorf("relay: %w", err)
	}
	if cfg.TCP {
		r.running.Go(r.accept)
	}
	if cfg.UDP {
		r.running.Go(r.receive)
	}
	return r, nil
}

func (r *Relay) listen() (err error) {
	at := r.cfg.Listen
	if r.cfg.TCP {
		if r.tcp, err = net.Listen("tcp", at); err != nil {
			return err
		}
		r.addr = r.tcp.Addr().(*net.TCPAddr).AddrPort()
		at = r.addr.String()
	}
	if r.cfg.UDP {
		addr, err := net.ResolveUDPAddr("udp", at)
		if err != nil {
			return err
		}
		if r.udp, err = net.ListenUDP("udp", addr); err != nil {
			return err
		}
		r.addr = r.udp.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	return nil
}

// Addr is where the relay listens.
func (r *Relay) Addr() netip.AddrPort { return r.addr }

// Set makes the faults those of every client from now on, also on connections that there are.
func (r *Relay) Set(f Faults) {
	r.faults.Store(&f)
	r.differ.Store(false)
	r.byClient.Clear()
}

// SetFor makes the faults those of one client, which Config.Identify knows.
func (r *Relay) SetFor(client int, f Faults) {
	r.byClient.Store(client, &f)
	r.differ.Store(true)
}

// client is who sends on a connection, or from a port.
type client struct {
	network string
	from    netip.AddrPort
	once    sync.Once
	id      int
}

// faultsOf returns what befalls a client now.
func (r *Relay) faultsOf(c *client) Faults {
	if !r.differ.Load() {
		return *r.faults.Load()
	}
	c.once.Do(func() { c.id = r.identify(c) })
	if f, ok := r.byClient.Load(c.id); ok {
		return *f.(*Faults)
	}
	return *r.faults.Load()
}

func (r *Relay) identify(c *client) int {
	if r.cfg.Identify == nil {
		return 0
	}
	id, ok := r.cfg.Identify(c.network, c.from)
	if !ok {
		return unknown
	}
	return id
}

// unknown is a client that Identify does not know.
const unknown = -1

// Close ends all connections and waits until nothing runs any more.
func (r *Relay) Close() {
	r.cancel()
	if r.tcp != nil {
		r.tcp.Close()
	}
	if r.udp != nil {
		r.udp.Close()
	}
	r.running.Wait()
}
