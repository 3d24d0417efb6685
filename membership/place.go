package membership

// place is an address that members gossip at. Two members cannot do so at one time: of several, the one that started last
// is there, and the others are dead, though nobody has noticed yet. They are not forgotten, for the last one's word may
// be false, and it be found dead itself.
type place struct {
	members int
	newest  uint64 // the largest boot id of theirs
}

func (t *table) takePlaceLocked(m Member) {
	p := t.places[m.GossipAddr]
	t.places[m.GossipAddr] = place{p.members + 1, max(p.newest, m.Boot)}
}

// leavePlaceLocked takes m, if it is any, out of its place.
func (t *table) leavePlaceLocked(m Member) {
	p, ok := t.places[m.GossipAddr]
	if !ok {
		return
	}
	if p.members--; p.members == 0 {
		delete(t.places, m.GossipAddr)
		return
	}
	p.newest = 0
	for _, other := range t.others {
		if other.GossipAddr == m.GossipAddr && other.Name != m.Name {
			p.newest = max(p.newest, other.Boot)
		}
	}
	t.places[m.GossipAddr] = p
}

// isReplacedLocked tells whether another member gossips at m's address, this one or one that started after m.
func (t *table) isReplacedLocked(m Member) bool {
	return m.GossipAddr == t.self.GossipAddr || m.Boot < t.places[m.GossipAddr].newest
}
