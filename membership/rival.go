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

// hearEcho takes note that this member was announced as it is.
func (t *table) hearEcho() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.echoes++
	t.unknown.Store(false)
}

// echoed returns how often this member was announced as it is.
func (t *table) echoed() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.echoes
}

// hearRival takes note that m was announced by this member's name.
func (t *table) hearRival(m Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken && t.rival != m {
		signal(t.wake)
	}
	t.rival = m
	t.unknown.Store(true)
	signal(t.contested)
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

// settle ends the rivalry: the name is this member's.
func (t *table) settle() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken {
		signal(t.wake)
	}
	t.rival, t.taken = Member{}, false
}
