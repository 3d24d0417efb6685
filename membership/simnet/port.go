package simnet

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// port is where a member listens.
type port struct {
	net       *Network
	addr      netip.AddrPort
	packets   chan packet
	streams   chan net.Conn
	closed    chan struct{}
	closeOnce sync.Once
}

type packet struct {
	from netip.AddrPort
	data []byte
}

func (p *port) Close() error {
	p.closeOnce.Do(func() {
		close(p.closed)
		p.net.close(p)
	})
	return nil
}

// take puts a packet into the queue, or loses it if that is full.
func (p *port) take(got packet) {
	select {
	case p.packets <- got:
	default:
	}
}

// packetConn is a port's membership.PacketConn.
type packetConn struct{ *port }

func (c packetConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case got := <-c.packets:
		return copy(b, got.data), got.from, nil
	case <-c.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c packetConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.net.traffic.packets.Add(1)
	c.net.traffic.packetBytes.Add(int64(len(b)))
	if lose(c.net.config.Loss) {
		return len(b), nil
	}
	sent := packet{c.addr, append([]byte(nil), b...)}
	deliver := func() {
		if p := c.net.reach(c.addr.Addr(), to); p != nil {
			p.take(sent)
		}
	}
	if c.net.config.Delay > 0 {
		time.AfterFunc(c.net.config.Delay, deliver)
	} else {
		deliver()
	}
	return len(b), nil
}

// listener is a port's net.Listener.
type listener struct{ *port }

func (l listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.streams:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }

// stream is one end of a stream.
type stream struct {
	net.Conn
	net        *Network
	here, away netip.AddrPort
}

func (s stream) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	s.net.traffic.streamBytes.Add(int64(n))
	return n, err
}

func (s stream) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(s.here) }
func (s stream) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(s.away) }
