package membership

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"syscall"
)

// Network is what members gossip over: an IPNetwork, unless members are held in one process or packets lost on purpose,
// as package simnet does.
type Network interface {
	// Listen takes in packets and streams at one address, picking a free port if addr's is 0. The listener's Addr is
	// the address that it took, a *net.TCPAddr.
	Listen(addr netip.AddrPort) (PacketConn, net.Listener, error)

	// Dial opens a stream.
	Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error)
}

// PacketConn sends and receives packets. Its methods are those of a *net.UDPConn.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	io.Closer
}

const (
	// receiveBufferBytes is asked of the kernel, to take in the packets of a join storm. It may grant less.
	receiveBufferBytes = 2 << 20

	// portAttempts is how many free ports are tried; one that is free for TCP may be taken for UDP.
	portAttempts = 16
)

// IPNetwork is UDP for packets and TCP for streams.
type IPNetwork struct{}

// Listen listens on one port for both.
func (IPNetwork) Listen(addr netip.AddrPort) (PacketConn, net.Listener, error) {
	tcp, udp := "tcp", "udp"
	if addr.Addr().Is4() {
		tcp, udp = "tcp4", "udp4" // plain "tcp" would make 0.0.0.0 mean IPv6 too
	}
	for attempt := 1; ; attempt++ {
		listener, err := net.ListenTCP(tcp, net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return nil, nil, err
		}
		picked := netip.AddrPortFrom(addr.Addr(), portOf(listener))
		conn, err := net.ListenUDP(udp, net.UDPAddrFromAddrPort(picked))
		if err == nil {
			_ = conn.SetReadBuffer(receiveBufferBytes)
			return conn, listener, nil
		}
		_ = listener.Close()
		if addr.Port() != 0 || attempt == portAttempts || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, err
		}
	}
}

// Dial opens a TCP connection.
func (IPNetwork) Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", addr.String())
}

// portOf is the port that a Network's listener took.
func portOf(l net.Listener) uint16 { return uint16(l.Addr().(*net.TCPAddr).Port) }
