// Package network gives the nodes of a cluster their addresses on this machine.
package network

import (
	"net/netip"
	"os/exec"
)

// Network is where nodes live.
type Network interface {
	// IP returns the address of node i, from 0 on.
	IP(i int) netip.Addr

	// Outside returns an address that is reached from all nodes, whatever is cut off from what.
	Outside() netip.Addr

	// Start starts a command where node i lives.
	Start(i int, cmd *exec.Cmd) error

	// Close removes what was made.
	Close() error
}
