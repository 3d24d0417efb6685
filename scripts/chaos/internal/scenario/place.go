//go:build linux

package scenario

import (
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
)

// place is what a scenario needs of the network.
type place uint8

const (
	whole    place = iota // nothing is done to it
	cuttable              // nodes can be cut off from each other: as machines of their own where that is allowed, else by relays
	relayed               // gossip can be lost
)

func (p place) network() (network.Network, error) {
	switch {
	case p == relayed:
		return network.NewRelayed(false), nil
	case p == cuttable && network.Isolated():
		namespaces, err := network.NewNamespaces()
		if err != nil {
			return nil, err // and no interface that holds a nil
		}
		return namespaces, nil
	case p == cuttable:
		return network.NewRelayed(true), nil
	default:
		return network.NewLoopback(), nil
	}
}
