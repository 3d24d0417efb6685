//go:build linux

package network

import (
	"net/netip"
	"os"
	"os/exec"
	"sync"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"
)

// Ports that are relayed at each node's address.
const (
	httpPort   = 9999
	gossipPort = 7946
)

// Relayed puts relays in front of each node on the loopback interface. It needs no rights, and can also lose and delay gossip;
// but what is cut off is still connected to.
type Relayed struct {
	first   byte
	http    bool // is relayed too
	spawner spawner

	mu      sync.Mutex
	relays  map[int]nodeRelays // guarded by mu
	pids    map[int]int        // guarded by mu; processes by node
	cuts    map[link]bool      // guarded by mu
	weather relay.Way          // guarded by mu; what befalls all gossip
}

// link is what one node sends to another.
type link struct{ from, to int }

// nodeRelays are those of one node; http is nil where that is not relayed.
type nodeRelays struct{ http, gossip *relay.Relay }

// NewRelayed returns a network whose addresses follow from the process, so that two drivers do not meet.
// Without http, only gossip is relayed, and nothing can be cut off.
func NewRelayed(http bool) *Relayed {
	return &Relayed{
		http: http, first: byte(64 + os.Getpid()%128), spawner: newSpawner(),
		relays: map[int]nodeRelays{}, pids: map[int]int{}, cuts: map[link]bool{},
	}
}

// Bind implements Network.
func (n *Relayed) Bind(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{127, n.first, 1, byte(i + 1)})
}

// Listen implements Network.
func (n *Relayed) Listen(i int) netip.Addr {
	if n.http {
		return n.Bind(i)
	}
	return n.IP(i)
}

// IP implements Network. It is the relays'.
func (n *Relayed) IP(i int) netip.Addr { return netip.AddrFrom4([4]byte{127, n.first, 2, byte(i + 1)}) }

// Outside implements Network.
func (n *Relayed) Outside() netip.Addr { return n.Bind(253) }

// Start implements Network.
func (n *Relayed) Start(i int, cmd *exec.Cmd) error {
	if err := n.relay(i); err != nil {
		return err
	}
	if err := n.spawner.start(cmd); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pids[i] = cmd.Process.Pid
	return nil
}

// relay starts the relays of node i unless they run.
func (n *Relayed) relay(i int) (err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, ok := n.relays[i]; ok {
		return nil
	}
	var r nodeRelays
	if r.gossip, err = n.start(i, gossipPort, true); err != nil {
		return err
	}
	if n.http {
		if r.http, err = n.start(i, httpPort, false); err != nil {
			r.gossip.Close()
			return err
		}
	}
	n.relays[i] = r
	n.applyLocked()
	return nil
}

func (n *Relayed) start(i, port int, udp bool) (*relay.Relay, error) {
	at := netip.AddrPortFrom(n.IP(i), uint16(port))
	return relay.Start(relay.Config{
		Listen: at.String(), Target: netip.AddrPortFrom(n.Bind(i), uint16(port)).String(), TCP: true, UDP: udp,
		Identify: func(network string, from netip.AddrPort) (int, bool) { return n.identify(network, from, at) },
	})
}

// identify tells which node sends to a relay: of datagrams by their address, of connections by the process that holds them.
func (n *Relayed) identify(network string, from, to netip.AddrPort) (int, bool) {
	n.mu.Lock()
	pids := make(map[int]int, len(n.pids))
	for i, pid := range n.pids {
		pids[pid] = i
	}
	n.mu.Unlock()
	if network == "udp" {
		return int(from.Addr().Unmap().As4()[3]) - 1, true
	}
	pid, ok := holder(from, to, pids)
	if !ok {
		return 0, false
	}
	return pids[pid], true
}

// Cut implements Network.
func (n *Relayed) Cut(from, to int) error {
	if !n.http {
		return errWhole
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cuts[link{from, to}] = true
	n.applyLocked()
	return nil
}

// Mend implements Network.
func (n *Relayed) Mend(from, to int) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.cuts, link{from, to})
	n.applyLocked()
	return nil
}

// Gossip makes something befall all gossip from now on, each way.
func (n *Relayed) Gossip(w relay.Way) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.weather = w
	n.applyLocked()
}

// applyLocked tells each relay what befalls whom. What node a sends to b passes b's relays if a has connected, and a's as a reply
// if b has.
func (n *Relayed) applyLocked() {
	for to, r := range n.relays {
		r.set(n.weather)
		for from := range n.relays {
			there, back := n.cuts[link{from, to}], n.cuts[link{to, from}]
			if there || back {
				r.cut(from, there, back, n.weather)
			}
		}
	}
}

func (r nodeRelays) set(weather relay.Way) {
	r.gossip.Set(relay.Both(weather))
	if r.http != nil {
		r.http.Set(relay.Faults{})
	}
}

func (r nodeRelays) cut(from int, there, back bool, weather relay.Way) {
	r.http.SetFor(from, relay.Faults{To: relay.Way{Cut: there}, From: relay.Way{Cut: back}})
	faults := relay.Both(weather)
	faults.To.Cut, faults.From.Cut = there, back
	r.gossip.SetFor(from, faults)
}

// Close implements Network.
func (n *Relayed) Close() error {
	n.mu.Lock()
	relays := n.relays
	n.relays = map[int]nodeRelays{}
	n.mu.Unlock()
	for _, r := range relays {
		r.gossip.Close()
		if r.http != nil {
			r.http.Close()
		}
	}
	n.spawner.close()
	return nil
}
