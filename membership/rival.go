package membership

import "fmt"

// NameTakenError is returned by Join when a live member of the cluster has this member's name. See Snapshot.NameTaken
// for what becomes of this member.
type NameTakenError struct {
	Name   string
	Holder string // IP:port that the name's holder gossips at
}

func (e *NameTakenError) Error() string {
	return fmt.Sprintf("the name %q is that of a live member at %s: give each member a name of its own", e.Name, e.Holder)
}

// hearRival takes note that m was announced by this member's name.
func (t *table) hearRival(m Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rival == m {
		return
	}
	if t.taken {
		signal(t.wake)
	}
	t.rival = m
	t.unsettleLocked()
}

// rivalry returns who else was announced by this member's name, if it is open whose that is, and whether it was found to
// be that one's.
func (t *table) rivalry() (rival Member, open, taken bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.rival, t.rival != Member{}, t.taken
}

// yield leaves the name to the rival.
func (t *table) yield() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.taken {
		t.taken = true
		signal(t.wake)
	}
}
