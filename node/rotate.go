package node

import (
	"errors"
	"fmt"

	"github.com/p2pcache/p2pcache/membership"
)

// errNoSecret is for nodes that were started open: gossip that others expect in plain cannot be encrypted on the way.
var errNoSecret = errors.New("a running node can neither be given its first secret nor lose its last")

// SetSecrets replaces Config.Secret and Config.AcceptSecrets while the node runs. A cluster changes its secret without a failed
// request in three steps, each done on every member before the next is begun on any: accept the new secret beside the old one,
// which stays in use; use the new one and accept the old; forget the old.
//
// It fails, and changes nothing, with an empty secret, with more than MaxSecrets, on a node that was started without one, and with
// ErrClosed.
func (n *Node) SetSecrets(use []byte, accept ...[]byte) error {
	ring, err := newKeyring(use, accept)
	if err == nil {
		err = n.setKeys(ring)
	}
	if err != nil {
		return fmt.Errorf("node: set secrets: %w", err)
	}
	return nil
}

func (n *Node) setKeys(ring keyring) error {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	old := n.topology.keys
	switch {
	case n.topology.closed:
		return ErrClosed
	case len(ring) == 0 || len(old) == 0:
		return errNoSecret
	}
	if err := ring.giveGossip(n.cluster, old); err != nil {
		return err
	}
	n.topology.keys = ring
	ring.giveHTTP(n.server)
	for _, p := range n.topology.peers {
		ring.giveHTTP(p.client)
	}
	for _, p := range n.view.Load().lost {
		ring.giveHTTP(p.client)
	}
	return nil
}

// giveGossip makes cluster, which has the keys of old, have those of r. It is nil where there is no gossip.
func (r keyring) giveGossip(cluster *membership.Cluster, old keyring) error {
	if cluster == nil || len(r) == 0 {
		return nil
	}
	for _, k := range r {
		if err := cluster.AddKey(k.gossip); err != nil {
			return err
		}
	}
	if err := cluster.UseKey(r.use().gossip); err != nil {
		return err
	}
	for _, k := range old {
		if r.has(k) {
			continue
		}
		if err := cluster.RemoveKey(k.gossip); err != nil {
			return err
		}
	}
	return nil
}

// SetSecrets replaces ClientConfig.Secret and ClientConfig.AcceptSecrets while requests are under way. It fails, and changes
// nothing, with an empty secret and with more than MaxSecrets.
func (c *Client) SetSecrets(use []byte, accept ...[]byte) error {
	ring, err := newKeyring(use, accept)
	if err == nil && len(ring) == 0 {
		err = errors.New("a secret is empty")
	}
	if err != nil {
		return fmt.Errorf("node: client: set secrets: %w", err)
	}
	ring.giveHTTP(c.transport)
	return nil
}
