package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/membership/simnet"
)

// runMember is a member of a name and a profile, on a free port of an IP, which loses some of the packets that it
// sends. It writes a line for each snapshot, "seen NANOSECONDS NAMES BYTES": the time, the members that do not drain, and what
// it has sent; and first "ready ADDRESS". It does what it is told on in: "join ADDRESS", "bytes", which it answers by what it
// has sent so far, and "leave", with which it ends.
func runMember(args []string, in io.Reader, out io.Writer) error {
	var name, profile, ip string
	var loss float64
	if _, err := fmt.Sscan(strings.Join(args, " "), &name, &profile, &loss, &ip); err != nil {
		return fmt.Errorf("member: want NAME PROFILE LOSS IP: %w", err)
	}
	p, err := membership.ParseProfile(profile)
	if err != nil {
		return err
	}
	counted := &counted{Network: simnet.Lossy(membership.IPNetwork{}, loss)}
	c, err := membership.Start(membership.Config{
		Name: name, HTTPAddr: ip + ":9999", Bind: ip + ":0", Profile: p, Network: counted,
		OnSnapshot: func(s membership.Snapshot) {
			fmt.Fprintln(out, "seen", time.Now().UnixNano(), names(s), counted.sent.Load())
		},
	})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	fmt.Fprintln(out, "ready", c.Self().GossipAddr)
	for lines := bufio.NewScanner(in); lines.Scan(); {
		switch word, seed, _ := strings.Cut(lines.Text(), " "); word {
		case "join":
			_ = c.Join(context.Background(), seed) // goes on trying
		case "bytes":
			fmt.Fprintln(out, "bytes", counted.sent.Load())
		case "leave":
			return c.Leave(context.Background())
		}
	}
	return nil
}

// names are those of the members that do not drain, with commas.
func names(s membership.Snapshot) string {
	var all []string
	for _, m := range s.Members {
		if !m.Draining {
			all = append(all, m.Name)
		}
	}
	return strings.Join(all, ",")
}

// counted counts the bytes that a member sends.
type counted struct {
	membership.Network
	sent atomic.Int64
}

func (c *counted) Listen(addr netip.AddrPort) (membership.PacketConn, net.Listener, error) {
	conn, listener, err := c.Network.Listen(addr)
	return countedPackets{conn, &c.sent}, countedListener{listener, &c.sent}, err
}

func (c *counted) Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	conn, err := c.Network.Dial(ctx, addr)
	return countedConn{conn, &c.sent}, err
}

type countedPackets struct {
	membership.PacketConn
	sent *atomic.Int64
}

func (c countedPackets) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	n, err := c.PacketConn.WriteToUDPAddrPort(b, to)
	c.sent.Add(int64(n))
	return n, err
}

type countedListener struct {
	net.Listener
	sent *atomic.Int64
}

func (l countedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return countedConn{conn, l.sent}, err
}

type countedConn struct {
	net.Conn
	sent *atomic.Int64
}

func (c countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.sent.Add(int64(n))
	return n, err
}
