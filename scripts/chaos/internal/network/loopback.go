//go:build linux

package network

import (
	"errors"
	"net/netip"
	"os"
	"os/exec"
)

// Loopback gives each node an address of its own in 127.0.0.0/8, which Linux has without asking. So ports need not differ, and
// a node keeps its address when it starts again. Nothing can be cut off.
type Loopback struct {
	first, second byte
	spawner       spawner
}

// NewLoopback returns a network whose addresses follow from the process, so that two drivers do not meet.
func NewLoopback() *Loopback {
	pid := os.Getpid()
	return &Loopback{first: byte(64 + pid/256%128), second: byte(pid), spawner: newSpawner()}
}

// Bind implements Network.
func (l *Loopback) Bind(i int) netip.Addr { return l.IP(i) }

// Listen implements Network.
func (l *Loopback) Listen(i int) netip.Addr { return l.IP(i) }

// IP implements Network.
func (l *Loopback) IP(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, l.first, l.second, byte(i + 1)})
}

// Outside implements Network.
func (l *Loopback) Outside() netip.Addr { return l.IP(253) }

// Start implements Network.
func (l *Loopback) Start(_ int, cmd *exec.Cmd) error { return l.spawner.start(cmd) }

// errWhole is returned where a network cannot be broken.
var errWhole = errors.New("network: nothing can be cut off without relays or namespaces")

// Cut implements Network.
func (l *Loopback) Cut(int, int) error { return errWhole }

// Mend implements Network.
func (l *Loopback) Mend(int, int) error { return nil }

// Close implements Network. What was started ends with it.
func (l *Loopback) Close() error {
	l.spawner.close()
	return nil
}
