package node

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
)

// listenForClients opens the port for outside clients, if there is to be one.
func (n *Node) listenForClients() error {
	if n.cfg.ClientListen == "" {
		return nil
	}
	listener, err := net.Listen("tcp", n.cfg.ClientListen)
	if err != nil {
		return err
	}
	if err := refuseOpen(n.cfg, listener); err != nil { // the name of a host says nothing before it is bound
		listener.Close()
		return err
	}
	n.clients = listener
	n.server.StartClients(n.clients, n.clientTLS())
	return nil
}

// clientTLS is the configuration with which outside clients, who need no certificate, are served; nil for plain HTTP.
func (n *Node) clientTLS() *tls.Config {
	switch {
	case n.certs != nil:
		return n.certs.serve(true)
	case n.cfg.TLS == nil:
		return nil
	}
	config := n.cfg.TLS.Clone()
	config.ClientAuth = tls.NoClientCert
	return config
}

// ClientAddr is the host:port on which the node serves outside clients alone; empty if there is none.
func (n *Node) ClientAddr() string { return addrOf(n.clients) }

// refuseOpen refuses an address that others than this machine reach, where nothing protects it.
func refuseOpen(cfg Config, listener net.Listener) error {
	if len(cfg.Secret) > 0 || cfg.Insecure {
		return nil
	}
	for _, addr := range []string{addrOf(listener), cfg.Gossip, cfg.ClientListen} {
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			continue // none, or one that will be refused for what it is
		}
		if ip := net.ParseIP(host); host == "" || ip != nil && !ip.IsLoopback() {
			return fmt.Errorf("%s can be reached from other machines and nothing protects it: set Config.Secret, or Config.Insecure", addr)
		}
	}
	return nil
}

func addrOf(l net.Listener) string {
	if l == nil {
		return ""
	}
	return l.Addr().String()
}

// httpAddress is the host:port by which others reach the node over HTTP; empty if they cannot.
func httpAddress(cfg Config, listener net.Listener) (string, error) {
	if _, _, err := net.SplitHostPort(cfg.Advertise); err == nil {
		return cfg.Advertise, checkHostPort(cfg.Advertise)
	}
	if listener == nil {
		if cfg.Gossip != "" || cfg.Advertise != "" {
			return "", errors.New("the node opens no port: set Listen, or Advertise to the host:port of the server that Handler is mounted in")
		}
		return "", nil
	}
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return "", fmt.Errorf("listener at %s: %w: set Advertise to a host:port", listener.Addr(), err)
	}
	if host, err = advertisedHost(cfg, host); err != nil {
		return "", err
	}
	return net.JoinHostPort(host, port), nil
}

// advertisedHost is the IP that others reach the node by: as configured, else the bound one, else this machine's.
func advertisedHost(cfg Config, bound string) (string, error) {
	if cfg.Advertise != "" {
		if ip := net.ParseIP(cfg.Advertise); ip == nil || ip.IsUnspecified() {
			return "", fmt.Errorf("config: Advertise is %q: want an IP or a host:port", cfg.Advertise)
		}
		return cfg.Advertise, nil
	}
	for _, candidate := range []string{bound, hostOf(cfg.Gossip)} {
		if ip := net.ParseIP(candidate); ip != nil && !ip.IsUnspecified() {
			return candidate, nil
		}
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("find this machine's address: %w: set Advertise", err)
	}
	return onlyPrivate(addrs)
}

// onlyPrivate picks the one private IPv4 address of a machine. To guess among several would be to be wrong at times.
func onlyPrivate(addrs []net.Addr) (string, error) {
	var found []string
	for _, a := range addrs {
		if ipnet, ok := a.(*net.IPNet); ok && ipnet.IP.IsPrivate() && ipnet.IP.To4() != nil {
			found = append(found, ipnet.IP.String())
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("this machine has %d private addresses %v: set Advertise to the one that others reach it by", len(found), found)
	}
	return found[0], nil
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return ""
	}
	return host
}

// checkHostPort reports why nobody can be reached at addr.
func checkHostPort(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		return fmt.Errorf("%q names no host: want host:port", addr)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return fmt.Errorf("%q has no port: want host:port, with a port of 1 to 65535", addr)
	}
	return nil
}
