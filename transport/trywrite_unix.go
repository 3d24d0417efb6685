//go:build unix

package transport

import (
	"net"
	"syscall"
)

// tryWriter returns a function that writes to conn what its socket takes at once, and returns how much that was. What is no
// plain socket takes nothing at once.
func tryWriter(conn net.Conn) func([]byte) int {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return func([]byte) int { return 0 }
	}
	socket, err := tcp.SyscallConn()
	if err != nil {
		return func([]byte) int { return 0 }
	}
	var b []byte
	var wrote int
	attempt := func(fd uintptr) bool {
		var err error
		if wrote, err = syscall.Write(int(fd), b); err != nil {
			wrote = 0 // whoever writes the rest finds out why
		}
		return true
	}
	return func(frames []byte) int {
		b, wrote = frames, 0
		_ = socket.Write(attempt)
		b = nil
		return wrote
	}
}
