package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
)

// Defaults of Config.
const (
	DefaultCluster      = "p2pcache"
	DefaultWeight       = 1
	DefaultDrainTimeout = 30 * time.Second
)

// MaxWeight is the largest Config.Weight.
const MaxWeight = hashring.MaxWeight

// MaxMembers is the largest Config.MaxMembers, and what it is if zero.
const MaxMembers = membership.DefaultMaxMembers

// Config says how a node is reached and by whom. The zero value is a node of its own that opens no port.
type Config struct {
	// Name is the member's name on the ring, unique in the cluster. A node that restarts under its old name gets its
	// old keys back. If empty, the advertised HTTP address.
	Name string

	// Listen is the host:port on which the node serves peers and clients; port 0 picks a free one. If empty and
	// Listener is nil, the node opens no port: mount Handler in a server and say in Advertise where it is reached.
	Listen string

	// Listener is served instead of one that the node opens itself; the node closes it. If nil, see Listen.
	Listener net.Listener

	// Gossip is the IP:port on which the node gossips, over UDP and TCP; port 0 picks a free one. If empty, the node
	// does not gossip: it is alone, or SetPeers tells it who its peers are.
	Gossip string

	// Advertise is what others reach this node by: an IP, or a host:port where the HTTP port is not the one that is
	// listened on. If empty, the IP that Listen or Gossip binds, or, where that is every address, the one private
	// IP of this machine.
	Advertise string

	// Zone names the failure domain (a rack, a data centre) that the node stands in. If empty, none.
	Zone string

	// Weight is the node's share of the keys against the others'. If zero, 1; at most MaxWeight.
	Weight int

	// Cluster is a label that all members share: gossip from another cluster is refused. If empty, "p2pcache".
	Cluster string

	// GossipProfile is how eagerly the members watch each other, the same on all of them: GossipLAN, GossipWAN, GossipLocal, or
	// one of your own. If zero, GossipLAN; a field that is zero is that of GossipLAN.
	GossipProfile GossipProfile

	// MaxMembers is how many members there may be; gossip that tells of more is refused. If zero, MaxMembers.
	MaxMembers int

	// AllowForeignHTTP accepts members whose HTTP address is a name, or on another IP than the one that they gossip at. If
	// false, they are refused: a forged one could aim the others' requests at any host.
	AllowForeignHTTP bool

	// Secret protects the cluster: gossip is encrypted and requests between peers are signed with keys derived from
	// it, and clients must sign too unless they come from loopback. If empty, nothing is protected, and the node
	// refuses to bind to anything but loopback unless Insecure is set.
	Secret []byte

	// AcceptSecrets are accepted from others beside Secret, while the cluster changes its secret: see SetSecrets. If empty, none.
	AcceptSecrets [][]byte

	// Insecure allows a node without a Secret to bind to other addresses than loopback. If false, New refuses.
	Insecure bool

	// TLS is used to serve, and to connect to peers. If nil, plain HTTP, unless TLSFiles is set.
	TLS *tls.Config

	// TLSFiles are the certificates with which nodes prove to each other who they are. If zero, see TLS.
	TLSFiles TLSFiles

	// ClientListen is a host:port on which the node serves outside clients alone, who need no certificate there; port 0 picks
	// a free one, which ClientAddr tells. If empty, clients are served on Listen.
	ClientListen string

	// ClientToken is what outside clients may show in place of a signature, as "Authorization: Bearer TOKEN". If empty, they
	// must come from loopback, or know Secret.
	ClientToken string

	// GroupcacheCompat serves golang/groupcache clients, and fetches from its servers: a request without an Accept header is
	// answered in protobuf, a plus in its path is a space, and a peer may reply as groupcache does. If false, raw bytes, a
	// plus, and only what members of this project reply.
	GroupcacheCompat bool

	// RequestContext derives the context of a request from its header, such as the trace that it is part of; a Loader that
	// the request leads to finds its values. Of what members ask each other, the header may hold a Traceparent and nothing else, as
	// TraceParent of the one that asks has it. If nil, requests carry no values.
	RequestContext func(*http.Request) context.Context

	// TraceParent tells which trace a Get's context is part of, as the field traceparent of W3C Trace Context names it; empty: none.
	// The member that the Get asks is told. If nil, members are told of no traces.
	TraceParent func(context.Context) string

	// Fallback serves the paths outside /_gocache/ on the node's listen address. If nil, they are not found.
	Fallback http.Handler

	// Logger receives what an operator should know. The zero value is silent.
	Logger zerolog.Logger

	// DrainTimeout bounds Leave: handing over, telling the others and ending open requests. If zero, 30 s.
	DrainTimeout time.Duration

	network network
}

// network is what nodes and clients reach others over. What is nil is the machine's; tests have another.
type network struct {
	gossip membership.Network
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (c Config) withDefaults() Config {
	if c.Weight == 0 {
		c.Weight = DefaultWeight
	}
	if c.Cluster == "" {
		c.Cluster = DefaultCluster
	}
	if c.DrainTimeout == 0 {
		c.DrainTimeout = DefaultDrainTimeout
	}
	return c
}

func (c Config) validate() error {
	var errs []error
	if c.Listen != "" && c.Listener != nil {
		errs = append(errs, errors.New("config: Listen and Listener are both set: give one"))
	}
	if c.Weight < 1 || c.Weight > MaxWeight {
		errs = append(errs, fmt.Errorf("config: Weight is %d: want 1 to %d", c.Weight, MaxWeight))
	}
	if c.TLS != nil && c.TLSFiles != (TLSFiles{}) {
		errs = append(errs, errors.New("config: TLS and TLSFiles are both set: give one"))
	}
	if c.TLSFiles != (TLSFiles{}) && c.TLSFiles.Cert == "" {
		errs = append(errs, errors.New("config: TLSFiles has no Cert to serve with"))
	}
	if c.DrainTimeout < 0 {
		errs = append(errs, fmt.Errorf("config: DrainTimeout is %v: want a positive duration", c.DrainTimeout))
	}
	return errors.Join(errs...)
}
