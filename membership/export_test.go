package membership

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"time"
)

// Limits that tests stand on.
const (
	MaxNameBytes = maxNameBytes
	MaxZoneBytes = maxZoneBytes
	MaxWeight    = maxWeight
	MaxLost      = maxLost
	LostTime     = lostTime
	MaxIncoming  = maxIncoming
	MaxPacket    = maxPacketBytes
	MaxEpochs    = maxEpochs
	MaxKeys      = maxKeys
)

// EncodeMeta is encodeMeta.
func EncodeMeta(m Member) ([]byte, error) { return encodeMeta(m) }

// DecodeMember is decodeMember.
func DecodeMember(name string, ip []byte, port uint16, meta []byte, allowForeign bool) (Member, error) {
	return decodeMember(name, ip, port, meta, allowForeign)
}

// Changes lists the changes from one list of members to the next, as "kind: name".
func Changes(before, after []Member, gone map[string]Member) []string {
	var all []string
	for _, c := range changes(before, after, gone) {
		all = append(all, string(c.kind)+": "+c.member.Name)
	}
	return all
}

// ParseSeed returns the seed in its canonical form.
func ParseSeed(text string) (string, error) {
	s, err := parseSeed(text)
	if err != nil {
		return "", err
	}
	return s.String(), nil
}

// Lost is a memory of lost members.
type Lost struct{ c *contacts }

// NewLost returns an empty memory.
func NewLost() Lost { return Lost{newContacts()} }

// Died tells the memory that m died at now.
func (l Lost) Died(m Member, now time.Time) { l.c.note([]change{{died, m}}, now) }

// Left tells the memory that m left at now.
func (l Lost) Left(m Member, now time.Time) { l.c.note([]change{{left, m}}, now) }

// Joined tells the memory that m joined at now.
func (l Lost) Joined(m Member, now time.Time) { l.c.note([]change{{joined, m}}, now) }

// Some returns up to n addresses.
func (l Lost) Some(n int, now time.Time) []netip.AddrPort { return l.c.someLost(n, now) }

// HasGossipGoroutines tells whether goroutines of c's memberlist are running.
func (c *Cluster) HasGossipGoroutines() bool { return c.goroutines.running() }

// Taker returns a function that takes the membership of n members, and how many it took.
func Taker(n int) func() int {
	t := newTable(Member{Name: "self"}, n)
	for i := range n - 1 {
		name := fmt.Sprint("member-", i)
		t.put(Member{Name: name, GossipAddr: name})
	}
	return func() int { return len(t.take().members) }
}

// Epochs are epochs that no cluster gossips.
type Epochs struct{ e *epochs }

// NewEpochs returns none yet.
func NewEpochs() Epochs { return Epochs{newEpochs(newNews(LAN(), func() int { return 1 }))} }

// Raise raises a number.
func (e Epochs) Raise(name string, number uint64) error { return e.e.raise(name, number) }

// Hear is what a member does with news.
func (e Epochs) Hear(b []byte) error {
	return e.e.news.hear(b, e.e, newTable(Member{}, 1), newGreeters())
}

// Encode is what a member tells others in an exchange.
func (e Epochs) Encode() []byte { return e.e.encode() }

// Numbers returns all of them.
func (e Epochs) Numbers() map[string]uint64 { return maps.Clone(e.e.numbers) }

// Passed takes the news that are due to be passed on.
func (e Epochs) Passed() [][]byte { return e.e.news.due(2, 1<<30) }

// Table is the membership as memberlist's callbacks tell it.
type Table struct{ t *table }

// NewTable returns the table of a member alone.
func NewTable(self string, maxMembers int) Table {
	return Table{newTable(Member{Name: self}, maxMembers)}
}

// Put tells of a member, if there is room for it. One without an address gossips at its name.
func (t Table) Put(m Member) {
	m.GossipAddr = cmp.Or(m.GossipAddr, m.Name)
	if t.t.hasRoom(m.Name) {
		t.t.put(m)
	}
}

// Remove tells that a member went.
func (t Table) Remove(name string) { t.t.remove(name) }

// Depart tells what a member said of its going.
func (t Table) Depart(name string, boot uint64, left bool) { t.t.depart(name, boot, left) }

// Take returns the members.
func (t Table) Take() []Member { return t.t.take().members }

// Fate tells what became of a member since the last Take.
func (t Table) Fate(name string) string {
	got := t.t.take()
	for _, m := range got.members {
		switch {
		case m.Name == name && m.Draining:
			return "draining"
		case m.Name == name:
			return "there"
		}
	}
	switch m, ok := got.gone[name]; {
	case !ok:
		return "never there"
	case m.Draining:
		return "left"
	}
	return "died"
}

// Gate stands before memberlist.
type Gate struct{ g gate }

// NewGate returns the gate of a member with one key, or none.
func NewGate(label string, key []byte, maxMembers int) Gate {
	return Gate{gate{label, newKeyring(key), maxMembers}}
}

// Packet tells why a packet is a stranger's.
func (g Gate) Packet(b []byte) error { return g.g.packet(b) }

// Stream checks a stream that another member opened.
func (g Gate) Stream(r io.Reader) (io.Reader, error) { return g.g.stream(r, true) }
