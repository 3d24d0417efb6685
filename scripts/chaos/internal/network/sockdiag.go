//go:build linux

package network

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"

	"golang.org/x/sys/unix"
)

// Where things are in the request and the answer of sock_diag(7): struct inet_diag_req_v2 and struct inet_diag_msg.
const (
	diagRequest      = 56
	diagAnswer       = 72
	diagAnswerEnds   = 4
	diagAnswerInode  = 68
	diagEveryState   = 1<<32 - 1
	diagAnyInterface = 0
	diagAnyCookie    = 1<<64 - 1
)

var errNoInode = errors.New("the kernel knows no such connection")

// inodeOf asks the kernel for the inode of the end at from of a connection. /proc/net/tcp would tell too, but is read page
// by page: while others connect and close, a line is missed now and then.
func inodeOf(from, to netip.AddrPort) (uint32, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return 0, fmt.Errorf("sock_diag: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, inodeRequest(from, to), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, fmt.Errorf("sock_diag: %w", err)
	}
	answer := make([]byte, unix.Getpagesize())
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil {
		return 0, fmt.Errorf("sock_diag: %w", err)
	}
	return inodeIn(answer[:n], connectionEnds(from, to))
}

// inodeIn reads the inode from an answer, which is about a listener where there is no such connection.
func inodeIn(answer, ends []byte) (uint32, error) {
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil || len(messages) == 0 || messages[0].Header.Type != unix.SOCK_DIAG_BY_FAMILY {
		return 0, errNoInode
	}
	data := messages[0].Data
	if len(data) < diagAnswer || !bytes.HasPrefix(data[diagAnswerEnds:], ends) {
		return 0, errNoInode
	}
	return binary.NativeEndian.Uint32(data[diagAnswerInode:]), nil
}

// inodeRequest is a request for the connection between two IPv4 addresses.
func inodeRequest(from, to netip.AddrPort) []byte {
	order := binary.NativeEndian
	b := make([]byte, 0, unix.NLMSG_HDRLEN+diagRequest)
	b = order.AppendUint32(b, unix.NLMSG_HDRLEN+diagRequest)
	b = order.AppendUint16(b, unix.SOCK_DIAG_BY_FAMILY)
	b = order.AppendUint16(b, unix.NLM_F_REQUEST)
	b = append(b, make([]byte, 8)...) // sequence and port: it is the only request
	b = append(b, unix.AF_INET, unix.IPPROTO_TCP, 0, 0)
	b = order.AppendUint32(b, diagEveryState)
	b = append(b, connectionEnds(from, to)...)
	b = order.AppendUint32(b, diagAnyInterface)
	return order.AppendUint64(b, diagAnyCookie)
}

// connectionEnds begins a struct inet_diag_sockid: both ports, and both addresses with room for IPv6.
func connectionEnds(from, to netip.AddrPort) []byte {
	b := binary.BigEndian.AppendUint16(nil, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	for _, end := range []netip.AddrPort{from, to} {
		ip := end.Addr().Unmap().As4()
		b = append(append(b, ip[:]...), make([]byte, 12)...)
	}
	return b
}
