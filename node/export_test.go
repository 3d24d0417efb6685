package node

import "github.com/p2pcache/p2pcache/hashring"

// ForceRing makes n see a ring of the named members alone, whatever the others see, from now on.
func (n *Node) ForceRing(names ...string) {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	n.topology.fixed = true
	v := *n.view.Load()
	peers := map[string]*peer{}
	for _, p := range v.others {
		peers[p.Name] = p
	}
	v.ring, v.owners, v.self, v.before = hashring.New(), nil, -1, nil
	for _, name := range names {
		v.ring = v.ring.With(hashring.Member{Name: name})
	}
	for i, m := range v.ring.Members() {
		v.owners = append(v.owners, peers[m.Name])
		if m.Name == v.me.Name {
			v.self = i
		}
	}
	n.view.Store(&v)
}

// ForgetPreviousRing makes n ask no previous owner for the changes of the ring so far.
func (n *Node) ForgetPreviousRing() {
	n.topology.mu.Lock()
	defer n.topology.mu.Unlock()
	v := *n.view.Load()
	v.before = nil
	n.view.Store(&v)
}
