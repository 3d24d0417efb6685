package node

import "github.com/p2pcache/p2pcache/membership"

// GossipProfile is how eagerly the members of a cluster watch each other and pass on news.
type GossipProfile = membership.Profile

// NameTakenError says that a live member of the cluster has this node's name, and where it gossips.
type NameTakenError = membership.NameTakenError

// GossipLAN is for the machines of one data centre: a dead member is noticed within two seconds.
func GossipLAN() GossipProfile { return membership.LAN() }

// GossipWAN is for members that are up to some 300 ms apart: a dead one is noticed within some fifteen seconds.
func GossipWAN() GossipProfile { return membership.WAN() }

// GossipLocal is for members on one machine: a dead one is noticed within a second.
func GossipLocal() GossipProfile { return membership.Local() }

// ParseGossipProfile reads a profile: lan, wan or local, and, after commas, what is to be different, as in
// "wan,probe-interval=2s,gossip-nodes=5".
func ParseGossipProfile(text string) (GossipProfile, error) { return membership.ParseProfile(text) }
