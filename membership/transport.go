package membership

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	// maxPacketBytes is the largest packet that is read, a multiple of what members send. It bounds what a stranger
	// can make memberlist queue.
	maxPacketBytes = 8 << 10

	// receiveBufferBytes is asked of the kernel, to take in the packets of a join storm. It may grant less.
	receiveBufferBytes = 2 << 20

	// dialTimeout bounds a connection attempt: long enough for one SYN to be lost, short enough not to hold up others.
	dialTimeout = 2 * time.Second

	// portAttempts is how many free ports are tried; one that is free for TCP may be taken for UDP.
	portAttempts = 16

	// Bounds of the pause after a failed accept or read, such as for want of descriptors.
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// gossipTransport carries memberlist's packets over UDP and its streams over TCP, at one port of one IP.
//
// It stands in for memberlist's own, which looks up names that strangers put in addresses, takes any number of streams,
// forgets those it opened when it shuts down, and reads each packet into a new buffer of 64 KiB.
type gossipTransport struct {
	bound      netip.AddrPort
	advertised netip.AddrPort
	listener   *net.TCPListener
	conn       *net.UDPConn
	packets    chan *memberlist.Packet
	incoming   chan net.Conn
	streams    streamSet

	sent    atomic.Uint64 // packets
	dropped atomic.Uint64 // packets too large, and streams beyond the limit

	ctx    context.Context // ends at Shutdown
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

var _ memberlist.NodeAwareTransport = (*gossipTransport)(nil)

// listen binds at.bind and starts to receive. The caller must call Shutdown.
func listen(at endpoint) (*gossipTransport, error) {
	listener, conn, err := bind(at.bind)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(receiveBufferBytes)
	port := uint16(listener.Addr().(*net.TCPAddr).Port)
	t := &gossipTransport{
		bound:      netip.AddrPortFrom(at.bind.Addr(), port),
		advertised: netip.AddrPortFrom(at.advertise, port),
		listener:   listener,
		conn:       conn,
		packets:    make(chan *memberlist.Packet),
		incoming:   make(chan net.Conn),
	}
	t.ctx, t.cancel = context.WithCancel(context.Background())
	t.wg.Go(t.accept)
	t.wg.Go(t.receive)
	return t, nil
}

// bind listens on one port for both, picking a free one if addr's is 0.
func bind(addr netip.AddrPort) (*net.TCPListener, *net.UDPConn, error) {
	tcp, udp := "tcp", "udp"
	if addr.Addr().Is4() {
		tcp, udp = "tcp4", "udp4" // plain "tcp" would make 0.0.0.0 mean IPv6 too
	}
	for attempt := 1; ; attempt++ {
		listener, err := net.ListenTCP(tcp, net.TCPAddrFromAddrPort(addr))
		if err != nil {
			return nil, nil, err
		}
		picked := netip.AddrPortFrom(addr.Addr(), uint16(listener.Addr().(*net.TCPAddr).Port))
		conn, err := net.ListenUDP(udp, net.UDPAddrFromAddrPort(picked))
		if err == nil {
			return listener, conn, nil
		}
		_ = listener.Close()
		if addr.Port() != 0 || attempt == portAttempts || !errors.Is(err, syscall.EADDRINUSE) {
			return nil, nil, err
		}
	}
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
		if conn = t.streams.accept(conn); conn == nil {
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
	t.sent.Add(1)
	return time.Now(), err
}

// WriteToAddress is WriteTo; the name of the member is of no use here.
func (t *gossipTransport) WriteToAddress(b []byte, a memberlist.Address) (time.Time, error) {
	return t.WriteTo(b, a.Addr)
}

// DialTimeout opens a stream, which ends at Shutdown if not before.
func (t *gossipTransport) DialTimeout(addr string, timeout time.Duration) (net.Conn, error) {
	if _, err := netip.ParseAddrPort(addr); err != nil {
		return nil, fmt.Errorf("open stream: %w", err)
	}
	ctx, cancel := context.WithTimeout(t.ctx, min(timeout, dialTimeout))
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return t.streams.dialed(conn)
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
