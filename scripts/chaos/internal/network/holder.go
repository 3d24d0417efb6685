//go:build linux

package network

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// holder returns which of some processes holds the TCP connection whose own end is at addr.
func holder(addr netip.AddrPort, pids map[int]int) (pid int, ok bool) {
	inode, ok := inodeOf(addr)
	if !ok {
		return 0, false
	}
	for pid := range pids {
		if holds(pid, "socket:["+inode+"]") {
			return pid, true
		}
	}
	return 0, false
}

// inodeOf finds a connection in /proc/net/tcp, whose fields are described in proc_net_tcp.rst of the kernel's documentation.
func inodeOf(addr netip.AddrPort) (string, bool) {
	const local, inode = 1, 9
	ip := addr.Addr().Unmap().As4()
	want := fmt.Sprintf("%02X%02X%02X%02X:%04X", ip[3], ip[2], ip[1], ip[0], addr.Port())
	table, err := os.Open("/proc/net/tcp")
	if err != nil {
		return "", false
	}
	defer table.Close()
	lines := bufio.NewScanner(table)
	for lines.Scan() {
		if fields := strings.Fields(lines.Text()); len(fields) > inode && fields[local] == want {
			return fields[inode], true
		}
	}
	return "", false
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
