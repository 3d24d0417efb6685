//go:build linux

package crowd

import "golang.org/x/sys/unix"

// Await waits until something has come, and reads nothing.
func (c *Caller) Await() error {
	for {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(c.socket), Events: unix.POLLIN}}, -1)
		if err != unix.EINTR {
			return err
		}
	}
}
