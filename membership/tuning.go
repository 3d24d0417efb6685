package membership

import (
	"log"
	"time"

	"github.com/hashicorp/memberlist"
)

// How gossip is tuned. With these, measured over loopback, the last of 20 members sees a kill after 1.5 s and a join
// after 0.12 s at the median, for 0.6 kB/s and 0.2 % of a core each; memberlist's defaults for a LAN take 7.7 s and
// 0.5 s.
const (
	// probeInterval is how often a member probes another; detection takes a small multiple of it.
	probeInterval = 250 * time.Millisecond

	// probeTimeout is how long a direct probe waits before others are asked to probe too. It must be above the round
	// trip of a busy network, and leave those others time within probeInterval.
	probeTimeout = 100 * time.Millisecond

	// gossipInterval is how often news go out, to gossipNodes members at a time.
	gossipInterval = 50 * time.Millisecond
	gossipNodes    = 3

	// pushPullInterval is how often a member exchanges everything it knows with another, which repairs what gossip
	// lost. memberlist stretches it above 32 members.
	pushPullInterval = 5 * time.Second

	// retransmitMult times log10(members+1) is how often each piece of news is sent. Joins were lost at 2: 11 of 40
	// took over 2 s, one 34 s.
	retransmitMult = 6

	// A silent member is suspected for suspicionMult times log10(members), at least 1, times probeInterval before it
	// counts as dead, and up to suspicionMaxMult times that while no other member confirms the suspicion.
	suspicionMult    = 3
	suspicionMaxMult = 2

	// reclaimTime is how long a name must be dead before another address may have it. It is next to nothing, because
	// the member that waits for the name is told of the death by gossip, and answers it with its new address at once:
	// were that answer refused, the next would be a push-pull interval away. Zero means never.
	reclaimTime = time.Millisecond

	// gossipToTheDeadTime is how long the dead still get news, and with them the chance to object.
	gossipToTheDeadTime = 30 * time.Second

	// exchangeTimeout bounds each read and write of a full exchange.
	exchangeTimeout = 5 * time.Second

	// packetBytes is what memberlist fills a packet up to: it passes through any network without fragmentation, and
	// the longest announcement possible is 900 bytes.
	packetBytes = 1400

	// queueDepth bounds the packets that wait to be handled, at maxPacketBytes each.
	queueDepth = 1024

	// protocolVersion is the version of memberlist's protocol to speak.
	protocolVersion = memberlist.ProtocolVersion2Compatible
)

// listConfig is the configuration of memberlist for a member that gossips over t.
func listConfig(cfg Config, d *delegate, t *gossipTransport, k *keyring, w *gossipLog) *memberlist.Config {
	l := memberlist.DefaultLANConfig()
	l.Name = cfg.Name
	l.Label = cfg.Label
	l.Keyring = k.ring
	l.Transport = t
	l.BindAddr, l.BindPort = t.bound.Addr().String(), int(t.bound.Port())
	l.AdvertiseAddr, l.AdvertisePort = t.advertised.Addr().String(), int(t.advertised.Port())
	l.ProtocolVersion = protocolVersion
	l.Delegate, l.Events, l.Alive, l.Conflict = d, d, d, d
	l.Logger = log.New(w, "", 0)
	// MetricLabels stays nil: memberlist appends to it from many goroutines at once.
	tune(l)
	return l
}

func tune(l *memberlist.Config) {
	l.ProbeInterval, l.ProbeTimeout = probeInterval, probeTimeout
	l.GossipInterval, l.GossipNodes = gossipInterval, gossipNodes
	l.PushPullInterval = pushPullInterval
	l.RetransmitMult = retransmitMult
	l.SuspicionMult, l.SuspicionMaxTimeoutMult = suspicionMult, suspicionMaxMult
	l.DeadNodeReclaimTime = reclaimTime
	l.GossipToTheDeadTime = gossipToTheDeadTime
	l.TCPTimeout = exchangeTimeout
	l.UDPBufferSize = packetBytes
	l.HandoffQueueDepth = queueDepth
	// Compressing allocates 64 KiB for each packet, and most packets are probes of 50 bytes.
	l.EnableCompression = false
}
