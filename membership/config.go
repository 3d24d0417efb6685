package membership

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/hashicorp/memberlist"
	"github.com/rs/zerolog"
)

const (
	// DefaultLabel is the label of a cluster that is given none.
	DefaultLabel = "p2pcache"

	// DefaultPort is the gossip port of a seed that names none.
	DefaultPort = 7946

	// DefaultWeight is the weight of a member that is given none.
	DefaultWeight = 1

	// DefaultMaxMembers is the limit of members of a cluster that is given none. It is far above what gossip is tuned
	// for.
	DefaultMaxMembers = 1 << 14

	// maxMaxMembers keeps an exchange of all of them within what memberlist takes in.
	maxMaxMembers = 1 << 14
)

// Config tells a Cluster who it is and where it gossips.
type Config struct {
	// Name is this member's name, which must be unique in the cluster and stay the same when the member starts again.
	// Required; at most 255 bytes of UTF-8 without control characters.
	Name string

	// HTTPAddr is the host:port that the others reach this member's HTTP server at. Required. Its host must be the IP
	// that the member gossips at, unless AllowForeignHTTP is set.
	HTTPAddr string

	// Zone is the failure domain that this member runs in. If empty, it is unknown. At most 64 bytes of UTF-8 without
	// control characters.
	Zone string

	// Weight is this member's share of the ring relative to the others', 1 to 100. If zero, DefaultWeight.
	Weight int

	// Bind is the IP:port to gossip on, by UDP and by TCP. Required. The IP is a literal; 0.0.0.0 or [::] bind every
	// interface. If the port is zero, a free one is picked.
	Bind string

	// Advertise is the IP that the others reach this member at. If empty, Bind's IP; required if that is unspecified.
	Advertise string

	// Label keeps clusters apart: members with different labels ignore each other. If empty, DefaultLabel. At most 255
	// bytes.
	Label string

	// Key is the AES key that encrypts and authenticates gossip: 16, 24 or 32 bytes, the same on every member. If
	// empty, gossip is neither encrypted nor authenticated. See AddKey for changing it.
	Key []byte

	// AllowForeignHTTP accepts members whose HTTP address is a name, or an IP other than the one they gossip at. If
	// false, such members are refused: a forged one could otherwise aim its peers' requests at any host.
	AllowForeignHTTP bool

	// Profile is how eagerly the members watch each other. If zero, LAN; a field that is zero is that of LAN.
	Profile Profile

	// MaxMembers is how many members there may be; what tells of more is refused. It bounds what a stranger, or a
	// member gone mad, can make this one remember, and what memory an exchange takes: about 1 KiB for each. If zero,
	// DefaultMaxMembers.
	MaxMembers int

	// MaxMetaBytes is how long the metadata of a member may be, 512 at most. If zero, that.
	MaxMetaBytes int

	// Network is what to gossip over. If nil, an IPNetwork.
	Network Network

	// OnSnapshot is called with each new snapshot, first with the one that holds this member alone. It is called from
	// one goroutine, one call at a time, and never after Close returned. A call may take its time: gossip goes on, and
	// the next call gets the newest snapshot, so that versions may be skipped. It must not call Close or Leave, which
	// wait for it. If nil, nothing is called.
	OnSnapshot func(Snapshot)

	// OnSettled is called whenever Standing.Settled is about to become true, with what the standing will be then. It must be
	// quick, and must not call Close or Leave. If nil, nothing is called.
	OnSettled func(Standing)

	// OnEpoch is called after each time that RaiseEpoch has raised a number, on this member or another, with the number
	// as this member knows it then: numbers in between may be skipped. It is called as OnSnapshot is, from a goroutine
	// of its own, and must not call Close or Leave either. If nil, nothing is called.
	OnEpoch func(name string, epoch uint64)

	// Logger gets what happens to the members. If zero, nothing is logged.
	Logger zerolog.Logger
}

// endpoint is where a member gossips.
type endpoint struct {
	bind      netip.AddrPort
	advertise netip.Addr
}

func (c Config) withDefaults() Config {
	if c.Weight == 0 {
		c.Weight = DefaultWeight
	}
	if c.Label == "" {
		c.Label = DefaultLabel
	}
	if c.MaxMembers == 0 {
		c.MaxMembers = DefaultMaxMembers
	}
	if c.MaxMetaBytes == 0 {
		c.MaxMetaBytes = memberlist.MetaMaxSize
	}
	if c.Network == nil {
		c.Network = IPNetwork{}
	}
	c.Profile = c.Profile.withDefaults()
	return c
}

// validate checks c, which has its defaults, by the rules that the other members apply to what they hear of it.
func (c Config) validate() (endpoint, error) {
	at, err := c.endpoint()
	if err != nil {
		return endpoint{}, err
	}
	if len(c.Label) > memberlist.LabelMaxSize {
		return endpoint{}, fmt.Errorf("label is %d bytes long, the limit is %d", len(c.Label), memberlist.LabelMaxSize)
	}
	if len(c.Key) > 0 {
		if err := checkKey(c.Key); err != nil {
			return endpoint{}, err
		}
	}
	if err := c.validateLimits(); err != nil {
		return endpoint{}, err
	}
	return at, c.member(netip.AddrPortFrom(at.advertise, at.bind.Port())).validate(c.AllowForeignHTTP)
}

func (c Config) validateLimits() error {
	if c.MaxMembers < 1 || c.MaxMembers > maxMaxMembers {
		return fmt.Errorf("max members is %d, it must be 1 to %d", c.MaxMembers, maxMaxMembers)
	}
	if c.MaxMetaBytes < 1 || c.MaxMetaBytes > memberlist.MetaMaxSize {
		return fmt.Errorf("max metadata is %d bytes, it must be 1 to %d", c.MaxMetaBytes, memberlist.MetaMaxSize)
	}
	if err := c.Profile.validate(); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	return nil
}

// member is what c says of this member, gossiping at addr.
func (c Config) member(addr netip.AddrPort) Member {
	return Member{
		Name:       c.Name,
		HTTPAddr:   c.HTTPAddr,
		GossipAddr: addr.String(),
		Zone:       c.Zone,
		Weight:     c.Weight,
	}
}

func (c Config) endpoint() (endpoint, error) {
	bind, err := netip.ParseAddrPort(c.Bind)
	if err != nil || bind.Addr().Zone() != "" {
		return endpoint{}, fmt.Errorf("bind %q must be an IP literal and a port, such as 127.0.0.1:%d or 0.0.0.0:%[2]d",
			c.Bind, DefaultPort)
	}
	at := endpoint{bind: netip.AddrPortFrom(bind.Addr().Unmap(), bind.Port())}
	at.advertise, err = c.advertised(at.bind.Addr())
	return at, err
}

func (c Config) advertised(bind netip.Addr) (netip.Addr, error) {
	if c.Advertise == "" {
		if bind.IsUnspecified() {
			return netip.Addr{}, fmt.Errorf("advertise is required when bind is %s: give the IP that the others reach this member at", bind)
		}
		return bind, nil
	}
	ip, err := netip.ParseAddr(c.Advertise)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("advertise %q must be an IP literal without a port", c.Advertise)
	}
	if err := checkIP(ip); err != nil {
		return netip.Addr{}, fmt.Errorf("advertise %q: %w", c.Advertise, err)
	}
	return ip.Unmap(), nil
}

// checkIP tells why a member cannot be reached at ip, if so.
func checkIP(ip netip.Addr) error {
	switch {
	case ip.IsUnspecified(), ip.IsMulticast():
		return errors.New("is not the address of one host")
	case ip.Zone() != "":
		return errors.New("has a zone, which means something else on other hosts")
	}
	return nil
}
