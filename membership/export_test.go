package membership

import (
	"fmt"
	"maps"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
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

// ParseLogLine is parseLine.
func ParseLogLine(line string) (zerolog.Level, string) {
	level, text := parseLine([]byte(line))
	return level, string(text)
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
	t := newTable(Member{Name: "self"})
	for i := range n - 1 {
		t.put(Member{Name: fmt.Sprint("member-", i)})
	}
	return func() int { return len(t.take().members) }
}

// Epochs are epochs that no cluster gossips.
type Epochs struct{ e *epochs }

// NewEpochs returns none yet.
func NewEpochs() Epochs { return Epochs{newEpochs(func() int { return 1 })} }

// Raise raises a number.
func (e Epochs) Raise(name string, number uint64) error { return e.e.raise(name, number) }

// Hear is what a member does with news.
func (e Epochs) Hear(b []byte) error { return e.e.hear(b) }

// Encode is what a member tells others in an exchange.
func (e Epochs) Encode() []byte { return e.e.encode() }

// Numbers returns all of them.
func (e Epochs) Numbers() map[string]uint64 { return maps.Clone(e.e.numbers) }

// Passed takes the news that are due to be passed on.
func (e Epochs) Passed() [][]byte { return e.e.news.GetBroadcasts(2, 1<<30) }
