package simnet

import (
	"net"
	"net/netip"

	"github.com/p2pcache/p2pcache/membership"
)

// Lossy is n, except that loss, from 0 to 1, of the packets that its hosts send are lost.
func Lossy(n membership.Network, loss float64) membership.Network { return lossy{n, loss} }

type lossy struct {
	membership.Network
	loss float64
}

func (l lossy) Listen(addr netip.AddrPort) (membership.PacketConn, net.Listener, error) {
	conn, listener, err := l.Network.Listen(addr)
	if err != nil {
		return nil, nil, err
	}
	return lossyConn{conn, l.loss}, listener, nil
}

type lossyConn struct {
	membership.PacketConn
	loss float64
}

func (c lossyConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if lose(c.loss) {
		return len(b), nil
	}
	return c.PacketConn.WriteToUDPAddrPort(b, to)
}
