package pages

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/p2pcache/p2pcache/node"
)

// sources are all that a Get can be answered from. Each has its series from the start, so that rates have a zero to
// begin at.
var sources = [...]node.Source{
	node.SourceLocal, node.SourceHot, node.SourcePeer, node.SourceOrigin, node.SourceStale,
}

// The metrics. Their names and labels are an interface: scripts and dashboards read them.
var (
	getsTotal = desc("p2pcache_gets_total",
		"Gets answered on this node, by where the answer came from.", "group", "source")
	servedTotal = desc("p2pcache_served_total",
		"Gets answered to peers.", "group")
	originLoadsTotal = desc("p2pcache_origin_loads_total",
		"Loads from the origin.", "group")
	originErrorsTotal = desc("p2pcache_origin_errors_total",
		"Loads that failed. A key that the origin does not have is no failure.", "group")
	peerRequestsTotal = desc("p2pcache_peer_requests_total",
		"Requests sent to peers, by peer and outcome.", "group", "peer", "code")
	cacheBytes = desc("p2pcache_cache_bytes",
		"Memory that entries take, with keys and overhead.", "group", "kind")
	cacheEntries = desc("p2pcache_cache_entries",
		"Entries held.", "group", "kind")
	cacheMaxBytes = desc("p2pcache_cache_max_bytes",
		"Memory that entries may take.", "group")
	evictionsTotal = desc("p2pcache_evictions_total",
		"Entries dropped for want of room.", "group")
	membersCount = desc("p2pcache_members",
		"Members that this node knows, itself included.")
	ringHash = desc("p2pcache_ring_hash",
		"Equal on nodes whose rings are equal.")
	gossipRefusedTotal = desc("p2pcache_gossip_refused_total",
		"Gossip that this node turned away, by why.", "reason")
	getSeconds = desc("p2pcache_get_seconds",
		"Time that Gets took, by where the answer came from. Local and hot hits are sampled.", "group", "source")
	originLoadSeconds = desc("p2pcache_origin_load_seconds",
		"Time that loads from the origin took.", "group")
)

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

// collector turns a snapshot of a node's counters into metrics.
type collector struct{ node Node }

func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		getsTotal, servedTotal, originLoadsTotal, originErrorsTotal, peerRequestsTotal, cacheBytes, cacheEntries,
		cacheMaxBytes, evictionsTotal, membersCount, ringHash, gossipRefusedTotal, getSeconds, originLoadSeconds,
	} {
		out <- d
	}
}

func (c collector) Collect(out chan<- prometheus.Metric) {
	stats := c.node.Stats()
	m := metrics{out: out}
	m.gauge(membersCount, float64(stats.Members))
	m.gauge(ringHash, float64(stats.RingHash))
	m.gossip(stats.GossipRefused)
	for _, g := range stats.Groups {
		m.group(g)
	}
}

// metrics sends metrics to out.
type metrics struct{ out chan<- prometheus.Metric }

func (m metrics) gossip(refused node.GossipRefused) {
	m.counter(gossipRefusedTotal, refused.Strangers, "stranger")
	m.counter(gossipRefusedTotal, refused.Invalid, "invalid")
	m.counter(gossipRefusedTotal, refused.NameTaken, "name-taken")
	m.counter(gossipRefusedTotal, refused.Excessive, "excessive")
}

func (m metrics) group(g node.GroupStats) {
	for _, source := range sources {
		m.counter(getsTotal, g.Gets[source], g.Name, string(source))
		m.histogram(getSeconds, g.GetSeconds[source], g.Name, string(source))
	}
	m.counter(servedTotal, g.Served, g.Name)
	m.counter(originLoadsTotal, g.OriginLoads, g.Name)
	m.counter(originErrorsTotal, g.OriginErrors, g.Name)
	m.histogram(originLoadSeconds, g.OriginLoadSeconds, g.Name)
	for _, r := range g.PeerRequests {
		m.counter(peerRequestsTotal, r.Count, g.Name, r.Peer, r.Code)
	}
	m.holding(g.Name, "owned", g.Owned)
	m.holding(g.Name, "hot", g.Hot)
	m.gauge(cacheMaxBytes, float64(g.MaxBytes), g.Name)
	m.counter(evictionsTotal, g.Evictions, g.Name)
}

func (m metrics) holding(group, kind string, h node.Holding) {
	m.gauge(cacheBytes, float64(h.Bytes), group, kind)
	m.gauge(cacheEntries, float64(h.Entries), group, kind)
}

func (m metrics) counter(d *prometheus.Desc, n uint64, labels ...string) {
	m.out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), valid(labels)...)
}

func (m metrics) gauge(d *prometheus.Desc, v float64, labels ...string) {
	m.out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, valid(labels)...)
}

// histogram relies on node.Histogram and Prometheus agreeing: a bucket counts all up to its bound.
func (m metrics) histogram(d *prometheus.Desc, h node.Histogram, labels ...string) {
	buckets := make(map[float64]uint64, len(h.Buckets))
	for _, b := range h.Buckets {
		buckets[b.UpTo.Seconds()] = b.Count
	}
	m.out <- prometheus.MustNewConstHistogram(d, h.Count, h.Sum.Seconds(), buckets, valid(labels)...)
}

// valid makes labels what Prometheus takes: a peer's name is what the peer says it is, any bytes.
func valid(labels []string) []string {
	for i, label := range labels {
		labels[i] = strings.ToValidUTF8(label, "\uFFFD")
	}
	return labels
}
