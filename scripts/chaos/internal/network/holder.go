//go:build linux

package network

import (
	"fmt"
	"net/netip"
	"os"
)

// holder returns which of some processes holds the end at from of the TCP connection to an address. Both ends tell: the
// kernel gives one port to several connections of a host as long as they lead elsewhere.
func holder(from, to netip.AddrPort, pids map[int]int) (pid int, ok bool) {
	inode, err := inodeOf(from, to)
	if err != nil {
		return 0, false
	}
	for pid := range pids {
		if holds(pid, fmt.Sprintf("socket:[%d]", inode)) {
			return pid, true
		}
	}
	return 0, false
}

func holds(pid int, file string) bool {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if to, err := os.Readlink(dir + "/" + e.Name()); err == nil && to == file {
			return true
		}
	}
	return false
}
