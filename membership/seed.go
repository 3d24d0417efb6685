package membership

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// maxSeedAddrs bounds the addresses of one seed that are tried.
const maxSeedAddrs = 256

// seed is where members may be found: an IP, or a DNS name with any number of them, and a port.
type seed struct {
	host string
	port uint16
}

func (s seed) String() string { return net.JoinHostPort(s.host, strconv.Itoa(int(s.port))) }

// parseSeed accepts host:port, host, IP:port, IP and [IPv6]:port.
func parseSeed(text string) (seed, error) {
	host, port, err := splitSeed(text)
	if err != nil {
		return seed{}, fmt.Errorf("seed %q must be host:port: %w", text, err)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if err := checkIP(ip); err != nil {
			return seed{}, fmt.Errorf("seed %q: %w", text, err)
		}
		return seed{ip.Unmap().String(), port}, nil
	}
	if err := checkHostName(host); err != nil {
		return seed{}, fmt.Errorf("seed %q: %w", text, err)
	}
	return seed{strings.ToLower(host), port}, nil
}

// CheckSeed tells what is wrong with the syntax of a seed; nil if Join would take it. Nothing is looked up.
func CheckSeed(text string) error {
	if _, err := parseSeed(text); err != nil {
		return fmt.Errorf("membership: %w", err)
	}
	return nil
}

func splitSeed(text string) (host string, port uint16, err error) {
	if !strings.Contains(text, ":") {
		return text, DefaultPort, nil
	}
	if _, err := netip.ParseAddr(text); err == nil { // an IPv6 address without a port
		return text, DefaultPort, nil
	}
	host, digits, err := net.SplitHostPort(text)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("port %q is not in 1 to 65535", digits)
	}
	return host, uint16(n), nil
}

func parseSeeds(texts []string) ([]seed, error) {
	seeds := make([]seed, 0, len(texts))
	for _, text := range texts {
		s, err := parseSeed(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(seeds, s) {
			seeds = append(seeds, s)
		}
	}
	return seeds, nil
}

// resolve looks up the addresses that s stands for at this moment.
func (s seed) resolve(ctx context.Context) ([]netip.AddrPort, error) {
	if ip, err := netip.ParseAddr(s.host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(ip, s.port)}, nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", s.host)
	if err != nil {
		return nil, err
	}
	var addrs []netip.AddrPort
	for _, ip := range ips[:min(len(ips), maxSeedAddrs)] {
		if checkIP(ip) == nil {
			addrs = append(addrs, netip.AddrPortFrom(ip.Unmap(), s.port))
		}
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("%s has no usable address", s.host)
	}
	return addrs, nil
}

// isLocal tells whether ip is an address of this host.
func isLocal(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	addrs, _ := net.InterfaceAddrs()
	return slices.ContainsFunc(addrs, func(a net.Addr) bool {
		prefix, err := netip.ParsePrefix(a.String())
		return err == nil && prefix.Addr().Unmap() == ip
	})
}
