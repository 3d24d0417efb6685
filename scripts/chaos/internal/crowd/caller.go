//go:build linux

// Package crowd is many callers of one server whose own reading takes nothing from what they measure.
//
// The driver and the nodes share a machine. What a program takes to read a thousand replies at one moment would be most of their lateness,
// and would keep the nodes from sending the next ones. So nothing waits on the callers' sockets, and the kernel stamps what arrives.
package crowd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// dialLimit bounds how long a connection may take, and a request to be taken by the kernel.
const dialLimit = 10 * time.Second

// maxReply bounds a reply, in bytes: it must be one that the kernel keeps until it is read.
const maxReply = 16 << 10

// Caller is one of a crowd, on a connection of its own. It asks once.
type Caller struct {
	Limit time.Duration // its deadline, from when it asks

	socket int
	asked  time.Time
}

// Connect connects to a server by its host:port.
func Connect(addr string, limit time.Duration) (*Caller, error) {
	to, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	domain, sockaddr := address(to)
	// A socket of the kernel's, which Go's poller does not know: it would wake for each reply.
	socket, err := unix.Socket(domain, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	c := &Caller{Limit: limit, socket: socket}
	patience := unix.NsecToTimeval(int64(dialLimit))
	err = errors.Join(
		unix.SetsockoptTimeval(socket, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &patience), // of connect as well
		unix.SetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
	)
	if err == nil {
		err = connect(socket, sockaddr)
	}
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return c, nil
}

// connect is unix.Connect that a signal does not end: the kernel goes on connecting then. Signals come whenever Go's runtime takes a
// thread away from a goroutine.
func connect(socket int, to unix.Sockaddr) error {
	err := unix.Connect(socket, to)
	if !errors.Is(err, unix.EINTR) {
		return err
	}
	for end := time.Now().Add(dialLimit); ; {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(socket), Events: unix.POLLOUT}}, max(0, int(time.Until(end).Milliseconds())))
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			return unix.ETIMEDOUT
		}
		failure, err := unix.GetsockoptInt(socket, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && failure != 0 {
			err = unix.Errno(failure)
		}
		return err
	}
}

func address(to netip.AddrPort) (domain int, addr unix.Sockaddr) {
	if ip := to.Addr().Unmap(); ip.Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(to.Port()), Addr: ip.As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(to.Port()), Addr: to.Addr().As16()}
}

// Ask sends a request. The caller's time begins.
func (c *Caller) Ask(request []byte) error {
	c.asked = time.Now()
	for {
		_, err := unix.Write(c.socket, request)
		switch {
		case errors.Is(err, unix.EINTR):
			continue // nothing was taken yet
		case err != nil:
			return fmt.Errorf("send: %w", err)
		}
		return nil
	}
}

// Reply waits for the reply, for as long as within at most, and returns its status and how long it took to arrive, be it read ever so
// late.
func (c *Caller) Reply(within time.Duration) (status int, took time.Duration, err error) {
	patience := unix.NsecToTimeval(int64(within))
	if err := unix.SetsockoptTimeval(c.socket, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience); err != nil {
		return 0, 0, err
	}
	var text []byte
	for {
		piece, at, err := c.receive()
		if err != nil {
			return 0, 0, err
		}
		text, took = append(text, piece...), at.Sub(c.asked.Round(0)) // the kernel's stamps are of the wall clock
		status, err := statusOf(text)
		if err == nil {
			return status, took, nil
		}
		if len(piece) == 0 || len(text) > maxReply {
			return 0, 0, fmt.Errorf("%d bytes are no reply: %w", len(text), err)
		}
	}
}

// statusOf returns the status of the reply whose text has come; an error if some of it is missing.
func statusOf(text []byte) (int, error) {
	reply, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
	if err != nil {
		return 0, err
	}
	defer reply.Body.Close()
	_, err = io.Copy(io.Discard, reply.Body)
	return reply.StatusCode, err
}

// receive returns what has come, and when the last of it did.
func (c *Caller) receive() ([]byte, time.Time, error) {
	piece, control := make([]byte, maxReply), make([]byte, unix.CmsgSpace(16))
	for {
		n, controls, _, _, err := unix.Recvmsg(c.socket, piece, control, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return nil, time.Time{}, fmt.Errorf("receive: %w", err)
		case n == 0:
			return nil, time.Now(), nil
		}
		at, err := stamp(control[:controls])
		return piece[:n], at, err
	}
}

// Close hangs up.
func (c *Caller) Close() { unix.Close(c.socket) }
