package membership

import "github.com/p2pcache/p2pcache/membership/internal/pb"

// departure is what a member said of its going. memberlist tells of a leave as it tells of a death, and may tell of it
// sooner, later or never; so members say it in words of their own as well.
type departure struct {
	boot uint64
	left bool // otherwise it is about to
}

// depart takes note that a member, as it was started at boot, is about to leave, or left. It reports whether that was
// news.
func (t *table) depart(name string, boot uint64, left bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, known := t.others[name]
	if !known {
		t.excuseLocked(name, boot)
		return false
	}
	if m.Boot != boot || m.Draining && !left {
		return false
	}
	t.departed[name] = departure{boot, left}
	m.Draining = true
	if left {
		t.dropLocked(m)
	} else {
		t.putLocked(m)
	}
	signal(t.wake)
	return true
}

// excuseLocked tells of a member that just went, as if dead, that it left.
func (t *table) excuseLocked(name string, boot uint64) {
	if m, ok := t.gone[name]; ok && m.Boot == boot {
		m.Draining = true
		t.gone[name] = m
	}
}

// asDepartedLocked returns a member that memberlist tells of with what it said of its going since, and whether it has
// gone.
func (t *table) asDepartedLocked(m Member) (Member, bool) {
	d, ok := t.departed[m.Name]
	if ok && d.boot != m.Boot {
		delete(t.departed, m.Name)
		return m, false
	}
	m.Draining = m.Draining || ok
	return m, d.left
}

// departureOf is the word that m goes.
func departureOf(m Member, left bool) *pb.Departure {
	return &pb.Departure{Name: []byte(m.Name), Boot: m.Boot, Left: left}
}
