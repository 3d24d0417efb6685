//go:build !unix

package transport

// mostConns is how many connections a server may keep open by itself.
func mostConns() int { return maxOpen }
