package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// checkAddresses refuses addresses that cannot be bound, and those that strangers could reach where no secret keeps them
// out.
func checkAddresses(s settings, protected bool) error {
	listen, err := net.ResolveTCPAddr("tcp", s.listen)
	if err != nil {
		return usagef("--listen %q: want HOST:PORT, such as %s: %w", s.listen, defaultListen, err)
	}
	allowed := protected || s.insecure
	if !allowed && !listen.IP.IsLoopback() {
		return exposed("listen", s.listen)
	}
	if !isAddress(s.advertise) {
		return usagef("--advertise %q: want an IP, such as 10.0.0.1, or HOST:PORT", s.advertise)
	}
	if s.gossip == noGossip {
		return nil
	}
	gossip, err := netip.ParseAddrPort(s.gossip)
	if err != nil {
		return usagef("--gossip %q: want IP:PORT, such as %s, or %s", s.gossip, defaultGossip, noGossip)
	}
	if !allowed && !gossip.Addr().IsLoopback() {
		return exposed("gossip", s.gossip)
	}
	return nil
}

// isAddress reports whether others could reach a node by addr; where it is empty, the node finds its own.
func isAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return addr == "" || net.ParseIP(addr) != nil || err == nil && host != "" && port != ""
}

func exposed(flag, addr string) error {
	return usagef("--%s %s can be reached from other machines: protect the cluster with --secret-file FILE, "+
		"or say --insecure if the network is trusted", flag, addr)
}

// open returns a listener on --listen.
func open(listen string) (net.Listener, error) {
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, portError("listen", listen, err)
	}
	return l, nil
}

// portError says in one line which flag's address could not be bound.
func portError(flag, addr string, err error) error {
	if isInUse(err) {
		return fmt.Errorf("%s is in use by another process: choose another address with --%s", addr, flag)
	}
	return fmt.Errorf("--%s: %w", flag, err)
}

// isInUse also reads the text, for errors that have lost their number on the way.
func isInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || strings.Contains(err.Error(), "address already in use")
}
