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
		return usagef("%s %q: want HOST:PORT, such as %s: %w", s.place("listen"), s.listen, defaultListen, err)
	}
	allowed := protected || s.insecure
	if !allowed && !listen.IP.IsLoopback() {
		return exposed(s.place("listen"), s.listen)
	}
	if err := errors.Join(checkFurther(s.place("admin"), s.admin, allowed), checkFurther(s.place("client-listen"), s.clientListen, allowed)); err != nil {
		return err
	}
	if !isAddress(s.advertise) {
		return usagef("%s %q: want an IP, such as 10.0.0.1, or HOST:PORT", s.place("advertise"), s.advertise)
	}
	if s.gossip == noGossip {
		return nil
	}
	gossip, err := netip.ParseAddrPort(s.gossip)
	if err != nil {
		return usagef("%s %q: want IP:PORT, such as %s, or %s", s.place("gossip"), s.gossip, defaultGossip, noGossip)
	}
	if !allowed && !gossip.Addr().IsLoopback() {
		return exposed(s.place("gossip"), s.gossip)
	}
	return nil
}

// checkFurther refuses an address to serve on as well that cannot be bound, or that strangers could reach. Empty, there is none.
func checkFurther(place, further string, allowed bool) error {
	if further == "" {
		return nil
	}
	addr, err := net.ResolveTCPAddr("tcp", further)
	if err != nil {
		return usagef("%s %q: want HOST:PORT, such as 127.0.0.1:9998: %w", place, further, err)
	}
	if !allowed && !addr.IP.IsLoopback() {
		return exposed(place, further)
	}
	return nil
}

// isAddress reports whether others could reach a node by addr; where it is empty, the node finds its own.
func isAddress(addr string) bool {
	host, port, err := net.SplitHostPort(addr)
	return addr == "" || net.ParseIP(addr) != nil || err == nil && host != "" && port != ""
}

func exposed(place, addr string) error {
	return usagef("%s %s can be reached from other machines: protect the cluster with --secret-file FILE, "+
		"or say --insecure if the network is trusted", place, addr)
}

// open returns a listener on the address that a flag names. An IPv4 address is listened on as such: 0.0.0.0 alone would
// mean IPv6 as well, and be shown as [::].
func open(flag, addr string) (net.Listener, error) {
	network := "tcp"
	if host, _, err := net.SplitHostPort(addr); err == nil && net.ParseIP(host).To4() != nil {
		network = "tcp4"
	}
	l, err := net.Listen(network, addr)
	if err != nil {
		return nil, portError(flag, addr, err)
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
