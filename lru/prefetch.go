//go:build amd64 || arm64

package lru

import "unsafe"

// prefetch has the cache line that p points to come from memory while other things are done. To read it for that would hold up
// what is done next, at the latest where a mutex is locked or a word stored atomically.
//
//go:noescape
func prefetch(p unsafe.Pointer)
