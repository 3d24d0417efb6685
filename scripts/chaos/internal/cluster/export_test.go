//go:build linux

package cluster

import "io"

// Broken is broken.
var Broken = broken

// ReadyLine returns a process's standard output, and what tells that it is ready or, by end, that it has ended.
func ReadyLine() (out io.Writer, ready <-chan error, end func(error)) {
	r := newReadyLine()
	return r, r.ready, r.end
}
