//go:build unix

package transport

import "syscall"

// mostConns is how many connections a server may keep open by itself: three quarters of the files that the process may open, as
// others need some too.
func mostConns() int {
	var files syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files) != nil || files.Cur > 2*maxOpen {
		return maxOpen
	}
	return min(maxOpen, int(files.Cur)*3/4)
}
