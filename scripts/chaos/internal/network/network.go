//go:build linux

// Package network gives the nodes of a cluster their addresses on this machine, and breaks what lies between them.
package network

import (
	"net/netip"
	"os/exec"
)

// Network is where nodes live, numbered from 0. Its methods may be called at any time before Close.
type Network interface {
	// Bind returns the address at which node i gossips.
	Bind(i int) netip.Addr

	// Listen returns the address at which it listens for HTTP, and at which clients ask it.
	Listen(i int) netip.Addr

	// IP returns the address at which the others reach node i.
	IP(i int) netip.Addr

	// Outside returns an address that is reached from all nodes, whatever is cut off from what.
	Outside() netip.Addr

	// Start starts a command where node i lives. It ends with this process.
	Start(i int, cmd *exec.Cmd) error

	// Cut lets nothing pass any more from one node to another; the way back is another one.
	Cut(from, to int) error

	// Mend undoes Cut.
	Mend(from, to int) error

	// Close removes what was made.
	Close() error
}
