package main

import (
	"hash/fnv"
	"io"
	"log"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang/groupcache"
	"github.com/hashicorp/memberlist"
)

// leaveWithin bounds the spreading of the word that this member leaves.
const leaveWithin = 5 * time.Second

// members keeps the pool's peers those that gossip knows. It is memberlist's delegate for events and for metadata, which is a
// member's URL.
type members struct {
	url  string
	pool *groupcache.HTTPPool

	mu    sync.Mutex      // guards following
	peers map[string]peer // by name
}

// peer is where a member is reached.
type peer struct{ url, gossip string }

func newMembers(name, url string, pool *groupcache.HTTPPool) *members {
	m := &members{url: url, pool: pool, peers: map[string]peer{}}
	m.set(name, peer{url: url})
	return m
}

// gossip starts memberlist with its settings for a local network.
func (m *members) gossip(s settings) (*memberlist.Memberlist, error) {
	ip, port, err := s.gossipAddress()
	if err != nil {
		return nil, err
	}
	config := memberlist.DefaultLANConfig()
	config.Name, config.Label = s.name, s.cluster
	config.BindAddr, config.AdvertiseAddr, config.BindPort, config.AdvertisePort = ip, ip, port, port
	if s.advertise != "" {
		config.AdvertiseAddr = s.advertise
	}
	config.Events, config.Delegate = m, m
	config.Logger = log.New(io.Discard, "", 0)
	list, err := memberlist.Create(config)
	if err != nil {
		return nil, err
	}
	if len(s.join) > 0 {
		list.Join(s.join) //nolint:errcheck // it serves alone where no other member is up yet
	}
	return list, nil
}

func (m *members) set(name string, p peer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peers[name] = p
	m.pool.Set(m.urlsLocked()...)
}

func (m *members) urlsLocked() []string {
	var urls []string
	for _, p := range m.peers {
		urls = append(urls, p.url)
	}
	slices.Sort(urls)
	return urls
}

// NotifyJoin implements memberlist.EventDelegate.
func (m *members) NotifyJoin(n *memberlist.Node) { m.set(n.Name, peer{string(n.Meta), n.Address()}) }

// NotifyUpdate implements memberlist.EventDelegate.
func (m *members) NotifyUpdate(n *memberlist.Node) { m.set(n.Name, peer{string(n.Meta), n.Address()}) }

// NotifyLeave implements memberlist.EventDelegate.
func (m *members) NotifyLeave(n *memberlist.Node) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.peers, n.Name)
	m.pool.Set(m.urlsLocked()...)
}

// known returns the members that this one knows, and a number that is the same wherever the same are known.
func (m *members) known() (peers map[string]peer, ring uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := fnv.New64a()
	h.Write([]byte(strings.Join(m.urlsLocked(), "\n")))
	return maps.Clone(m.peers), h.Sum64() >> 11 // a float64 holds 53 bits
}

// NodeMeta implements memberlist.Delegate.
func (m *members) NodeMeta(int) []byte { return []byte(m.url) }

// The rest of memberlist.Delegate is for messages of one's own, of which there are none.

// NotifyMsg implements memberlist.Delegate.
func (*members) NotifyMsg([]byte) {}

// GetBroadcasts implements memberlist.Delegate.
func (*members) GetBroadcasts(int, int) [][]byte { return nil }

// LocalState implements memberlist.Delegate.
func (*members) LocalState(bool) []byte { return nil }

// MergeRemoteState implements memberlist.Delegate.
func (*members) MergeRemoteState([]byte, bool) {}
