package membership

import (
	"log"
	"time"

	"github.com/hashicorp/memberlist"
)

// How gossip is tuned beside its Profile.
const (
	// reclaimTime is how long a name must be dead before another address may have it. It is next to nothing, because
	// the member that waits for the name is told of the death by gossip, and answers it with its new address at once:
	// were that answer refused, the next would be a push-pull interval away. Zero means never.
	reclaimTime = time.Millisecond

	// deadProbes times Profile.ProbeInterval is how long the dead still get news, and with them the chance to object. News
	// that go to the dead do not go to the living: at 30 s, a process that crashes and starts again under new names once a
	// second made news reach some of the living seconds late. Who objects later is found by rejoin.
	deadProbes = 20

	// exchangeTimeout bounds each read and write of a full exchange.
	exchangeTimeout = 5 * time.Second

	// packetBytes is what memberlist fills a packet up to: it passes through any network without fragmentation, and
	// the longest announcement possible is 900 bytes.
	packetBytes = 1400

	// queueDepth bounds the packets that wait to be handled, at maxPacketBytes each.
	queueDepth = 1024

	// protocolVersion is the version of memberlist's protocol to speak.
	protocolVersion = memberlist.ProtocolVersion2Compatible

	// healthMult is how many times slower a member probes, at worst, that finds itself slow.
	healthMult = 8
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
	cfg.Profile.tune(l)
	return l
}

func (p Profile) tune(l *memberlist.Config) {
	l.ProbeInterval, l.ProbeTimeout = p.ProbeInterval, p.ProbeTimeout
	l.GossipInterval, l.GossipNodes = p.GossipInterval, p.GossipNodes
	l.PushPullInterval = p.PushPullInterval
	l.RetransmitMult = p.RetransmitMult
	l.SuspicionMult, l.SuspicionMaxTimeoutMult = p.SuspicionMult, p.SuspicionMaxMult
	l.AwarenessMaxMultiplier = healthMult
	l.DeadNodeReclaimTime = reclaimTime
	l.GossipToTheDeadTime = deadProbes * p.ProbeInterval
	l.TCPTimeout = exchangeTimeout
	l.UDPBufferSize = packetBytes
	l.HandoffQueueDepth = queueDepth
	// Compressing allocates 64 KiB for each packet, and most packets are probes of 50 bytes.
	l.EnableCompression = false
}
