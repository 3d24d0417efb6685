package membership

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// maxPacketBytes is the largest packet that is read, a multiple of what members send. It bounds what a stranger
	// can make memberlist queue.
	maxPacketBytes = 8 << 10

	// dialTimeout bounds a connection attempt: long enough for one SYN to be lost, short enough not to hold up others.
	dialTimeout = 2 * time.Second

	// Bounds of the pause after a failed accept or read, such as for want of descriptors.
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// gossipTransport carries memberlist's packets and streams over a Network, at one port of one IP.
//
// It stands in for memberlist's own, which looks up names that strangers put in addresses, takes any number of streams,
// forgets those it opened when it shuts down, and reads each packet into a new buffer of 64 KiB.
type gossipTransport struct {
	net        Network
	gate       *gate
	refused    func(from netip.Addr, why error)
	bound      netip.AddrPort
	advertised netip.AddrPort
	listener   net.Listener
	conn       PacketConn
	packets    chan *memberlist.Packet
	incoming   chan net.Conn
	streams    streamSet

	dropped atomic.Uint64 // packets too large, and streams beyond the limit

	ctx    context.Context // ends at Shutdown
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

var _ memberlist.NodeAwareTransport = (*gossipTransport)(nil)

// listen binds at.bind on n. The caller must call Shutdown.
func listen(n Network, at endpoint) (*gossipTransport, error) {
	conn, listener, err := n.Listen(at.bind)
	if err != nil {
		return nil, err
	}
	port := portOf(listener)
	t := &gossipTransport{
		net:        n,
		bound:      netip.AddrPortFrom(at.bind.Addr(), port),
		advertised: netip.AddrPortFrom(at.advertise, port),
		listener:   listener,
		conn:       conn,
		packets:    make(chan *memberlist.Packet),
		incoming:   make(chan net.Conn),
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	return t, nil
}

// start receives what g lets through, and tells refused of the rest, until Shutdown.
func (t *gossipTransport) start(g *gate, refused func(from netip.Addr, why error)) {
	t.gate, t.refused = g, refused
	t.wg.Go(t.accept)
	t.wg.Go(t.receive)
}

func (t *gossipTransport) accept() {
	pause := minPause
	for {
		conn, err := t.listener.Accept()
		if err != nil {
			if !t.sleep(&pause) {
				return
			}
			continue
		}
		pause = minPause
		if conn = t.streams.accept(conn, t.checked(true)); conn == nil {
			t.dropped.Add(1)
			continue
		}
		select {
		case t.incoming <- conn:
		case <-t.ctx.Done(): // Shutdown closes it
		}
	}
}

func (t *gossipTransport) receive() {
	buf := make([]byte, maxPacketBytes+1)
	pause := minPause
	for {
		n, from, err := t.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if !t.sleep(&pause) {
				return
			}
			continue
		}
		pause = minPause
		if n == 0 || n > maxPacketBytes {
			t.dropped.Add(1)
			continue
		}
		if err := t.gate.packet(buf[:n]); err != nil {
			t.refused(from.Addr(), err)
			continue
		}
		p := &memberlist.Packet{
			Buf:       append([]byte(nil), buf[:n]...),
			From:      net.UDPAddrFromAddrPort(from),
			Timestamp: time.Now(),
		}
		select {
		case t.packets <- p:
		case <-t.ctx.Done():
		}
	}
}

// sleep pauses, twice as long the next time, and reports whether the transport is still open.
func (t *gossipTransport) sleep(pause *time.Duration) bool {
	select {
	case <-time.After(*pause):
		*pause = min(2**pause, maxPause)
	case <-t.ctx.Done():
	}
	return t.ctx.Err() == nil
}

// FinalAdvertiseAddr ignores what memberlist was configured with, which came from here.
func (t *gossipTransport) FinalAdvertiseAddr(string, int) (net.IP, int, error) {
	return t.advertised.Addr().AsSlice(), int(t.advertised.Port()), nil
}

// WriteTo sends one packet.
func (t *gossipTransport) WriteTo(b []byte, addr string) (time.Time, error) {
	if err := t.ctx.Err(); err != nil {
		return time.Time{}, err // not a network error: memberlist would blame the other member
	}
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return time.Time{}, fmt.Errorf("send packet: %w", err)
	}
	_, err = t.conn.WriteToUDPAddrPort(b, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
	return time.Now(), err
}

// WriteToAddress is WriteTo; the name of the member is of no use here.
func (t *gossipTransport) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	return t.WriteTo(b, a.Addr)
}

// DialTimeout opens a stream, which ends at Shutdown if not before.
func (t *gossipTransport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	ctx, cancel := context.WithTimeout(t.ctx, min(timeout, dialTimeout))
	defer cancel()
	conn, err := t.net.Dial(ctx, netip.AddrPortFrom(to.Addr().Unmap(), to.Port()))
	if err != nil {
		return nil, err
	}
	return t.streams.dialed(conn, t.checked(false))
}

// checked returns the gate for one stream, as streamSet asks for it.
func (t *gossipTransport) checked(incoming bool) func(net.Conn) (io.Reader, error) {
	return func(conn net.Conn) (io.Reader, error) {
		r, err := t.gate.stream(conn, incoming)
		var netErr net.Error
		if err != nil && !errors.As(err, &netErr) && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
			t.refused(ipOf(conn.RemoteAddr()), err)
		}
		return r, err
	}
}

// ipOf is the IP of an address that a Network gave, or none.
func ipOf(addr net.Addr) netip.Addr {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// DialAddressTimeout is DialTimeout; the name of the member is of no use here.
func (t *gossipTransport) DialAddressTimeout(a memberlist.Address, timeout time.Duration) (net.Conn, error) {
	return t.DialTimeout(a.Addr, timeout)
}

// PacketCh delivers the packets received.
func (t *gossipTransport) PacketCh() <-chan *memberlist.Packet { return t.packets }

// StreamCh delivers the streams that others opened.
func (t *gossipTransport) StreamCh() <-chan net.Conn { return t.incoming }

// Shutdown closes every descriptor and waits for the goroutines of t. It may be called any number of times.
func (t *gossipTransport) Shutdown() error {
	t.cancel()
	_ = t.listener.Close()
	_ = t.conn.Close()
	t.streams.close()
	t.wg.Wait()
	return nil
}
