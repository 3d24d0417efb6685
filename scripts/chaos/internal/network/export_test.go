//go:build linux

package network

// Holder is holder.
var Holder = holder
