package membership

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/hashicorp/memberlist"
	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/membership/internal/pb"
)

// metaVersion is the version of the metadata that this code writes. It reads any version from 1.
const metaVersion = 1

// Limits of what a member may say of itself. With all of them reached the metadata takes under 400 bytes, which leaves
// later versions room in memberlist's 512.
const (
	maxNameBytes = 255
	maxZoneBytes = 64
	maxHostBytes = 253 // of a DNS name (RFC 1035)
	maxWeight    = 100
)

// encodeMeta encodes what memberlist does not itself carry of m: all but its name and gossip address.
func encodeMeta(m Member) ([]byte, error) {
	b, err := proto.MarshalOptions{Deterministic: true}.Marshal(&pb.Meta{
		Version:  metaVersion,
		HttpAddr: m.HTTPAddr,
		Zone:     m.Zone,
		Weight:   uint32(m.Weight),
		Boot:     m.Boot,
		Draining: m.Draining,
	})
	if err != nil {
		return nil, fmt.Errorf("encode metadata: %w", err)
	}
	if len(b) > memberlist.MetaMaxSize {
		return nil, fmt.Errorf("metadata takes %d bytes, the limit is %d", len(b), memberlist.MetaMaxSize)
	}
	return b, nil
}

// decodeMember puts together and checks a member that others told about. It does not trust any of its arguments:
// memberlist checks none of them.
func decodeMember(name string, ip []byte, port uint16, meta []byte, allowForeign bool) (Member, error) {
	m := Member{Name: name}
	addr, ok := netip.AddrFromSlice(ip)
	if !ok || port == 0 {
		return m, fmt.Errorf("gossip address of %d bytes, port %d is invalid", len(ip), port)
	}
	m.GossipAddr = netip.AddrPortFrom(addr.Unmap(), port).String()
	if len(meta) > memberlist.MetaMaxSize {
		return m, fmt.Errorf("metadata takes %d bytes, the limit is %d", len(meta), memberlist.MetaMaxSize)
	}
	var said pb.Meta
	if err := proto.Unmarshal(meta, &said); err != nil {
		return m, fmt.Errorf("decode metadata: %w", err)
	}
	if said.Version < 1 {
		return m, errors.New("metadata has no version")
	}
	if said.Weight > maxWeight {
		return m, fmt.Errorf("weight %d is not in 1 to %d", said.Weight, maxWeight)
	}
	m.HTTPAddr, m.Zone, m.Weight = said.HttpAddr, said.Zone, int(said.Weight)
	m.Boot, m.Draining = said.Boot, said.Draining
	return m, m.validate(allowForeign)
}

// validate applies the rules that every member must keep, this one and the others alike.
func (m Member) validate(allowForeign bool) error {
	if m.Name == "" {
		return errors.New("name is empty")
	}
	if err := checkText("name", m.Name, maxNameBytes); err != nil {
		return err
	}
	if err := checkText("zone", m.Zone, maxZoneBytes); err != nil {
		return err
	}
	if m.Weight < 1 || m.Weight > maxWeight {
		return fmt.Errorf("weight %d is not in 1 to %d", m.Weight, maxWeight)
	}
	gossip, err := netip.ParseAddrPort(m.GossipAddr)
	if err != nil {
		return fmt.Errorf("gossip address: %w", err)
	}
	if err := checkIP(gossip.Addr()); err != nil {
		return fmt.Errorf("gossip address %s: %w", gossip, err)
	}
	return checkHTTPAddr(m.HTTPAddr, gossip.Addr(), allowForeign)
}

func checkText(field, s string, maxBytes int) error {
	switch {
	case len(s) > maxBytes:
		return fmt.Errorf("%s is %d bytes long, the limit is %d", field, len(s), maxBytes)
	case !utf8.ValidString(s):
		return fmt.Errorf("%s %q is not valid UTF-8", field, s)
	case strings.ContainsFunc(s, unicode.IsControl):
		return fmt.Errorf("%s %q has control characters", field, s)
	}
	return nil
}

// checkHTTPAddr checks that addr is a host:port that a member gossiping at the IP gossip may serve HTTP at.
func checkHTTPAddr(addr string, gossip netip.Addr, allowForeign bool) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("http address %q must be host:port", addr)
	}
	if p, err := strconv.ParseUint(port, 10, 16); err != nil || p == 0 {
		return fmt.Errorf("http address %q must have a port from 1 to 65535", addr)
	}
	ip, err := netip.ParseAddr(host)
	if err == nil && ip.Unmap() == gossip {
		return nil
	}
	if !allowForeign {
		return fmt.Errorf("http address %q is not on the gossip address %s; allow foreign HTTP addresses if that is meant", addr, gossip)
	}
	if err != nil {
		return checkHostName(host)
	}
	if err := checkIP(ip); err != nil {
		return fmt.Errorf("http address %q: %w", addr, err)
	}
	return nil
}

// checkHostName is strict enough that what passes can stand in a URL and in a log as it is.
func checkHostName(host string) error {
	if host == "" || len(host) > maxHostBytes || strings.ContainsFunc(host, notInHostName) {
		return fmt.Errorf("host %q is neither an IP nor a DNS name", host)
	}
	return nil
}

func notInHostName(r rune) bool {
	letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	digit := r >= '0' && r <= '9'
	return !letter && !digit && !strings.ContainsRune("-._", r)
}
