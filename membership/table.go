package membership

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
)

// table is the membership as memberlist's callbacks told it. They run under memberlist's lock, so its methods only
// copy, and wake the publisher.
type table struct {
	// wake has an element when something changed since the publisher last took.
	wake chan struct{}

	// unsettled has an element when it is open anew whether the others know this member.
	unsettled chan struct{}

	// answered has an element when one of those who are asked that answered, or went.
	answered chan struct{}

	// shown is the standing as it is shown to users.
	shown atomic.Pointer[Standing]

	// maxMembers bounds the memory that announcements of ever new names can take.
	maxMembers int

	mu       sync.Mutex // guards the fields below
	self     Member
	others   map[string]Member    // by name
	gone     map[string]Member    // those that went since the last take, as they were last seen
	places   map[string]place     // where others gossip, by address
	departed map[string]departure // what members said of their going that memberlist does not know yet
	notices  noticeBoard
	stats    Stats

	standing standing
	rival    Member // who was announced by this member's name last, if it is open whose that is
	taken    bool   // the name is the rival's
}

func newTable(self Member, maxMembers int) *table {
	t := &table{
		wake:       make(chan struct{}, 1),
		unsettled:  make(chan struct{}, 1),
		answered:   make(chan struct{}, 1),
		maxMembers: maxMembers,
		self:       self,
		others:     make(map[string]Member),
		gone:       make(map[string]Member),
		places:     make(map[string]place),
		departed:   make(map[string]departure),
		standing:   newStanding(),
	}
	t.showLocked()
	return t
}

// signal puts an element into a channel that holds one, without ever waiting.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (t *table) put(m Member) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m, gone := t.asDepartedLocked(m)
	if gone {
		return
	}
	if len(t.others) == 0 {
		t.unsettleLocked()
	}
	t.putLocked(m)
	signal(t.wake)
}

func (t *table) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.departed, name)
	if m, ok := t.others[name]; ok {
		t.dropLocked(m)
		signal(t.wake)
	}
}

func (t *table) putLocked(m Member) {
	t.leavePlaceLocked(t.others[m.Name])
	t.others[m.Name] = m
	t.takePlaceLocked(m)
}

func (t *table) dropLocked(m Member) {
	delete(t.others, m.Name)
	t.leavePlaceLocked(m)
	t.goneLocked(m)
	signal(t.answered)
}

func (t *table) goneLocked(m Member) {
	if len(t.gone) < t.maxMembers {
		t.gone[m.Name] = m
	}
}

// hasRoom tells whether a member of that name may be put.
func (t *table) hasRoom(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.others[name]
	return known || len(t.others) < t.maxMembers-1
}

// size is how many members there are.
func (t *table) size() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.others) + 1
}

// note keeps n for the publisher to log, once for each key, and counts it.
func (t *table) note(key string, n notice) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch n.kind {
	case noticeRefused:
		t.stats.Refused++
	case noticeConflict:
		t.stats.Conflicts++
	case noticeStranger:
		t.stats.Strangers++
	}
	if t.notices.post(key, n) {
		signal(t.wake)
	}
}

// refuse takes note of a stranger's packet or stream.
func (t *table) refuse(from netip.Addr, why error) {
	t.note(fmt.Sprintf("stranger %v %v", from, why), notice{
		kind: noticeStranger, level: zerolog.WarnLevel, text: "stranger refused", addr: from.String(), err: why,
	})
}

// drain marks this member as about to leave.
func (t *table) drain() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.self.Draining = true
	signal(t.wake)
}

func (t *table) selfMember() Member {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.self
}

func (t *table) counts() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stats
}

// taken is what the publisher takes from the table.
type taken struct {
	members   []Member          // sorted by name
	gone      map[string]Member // as in table
	notices   []notice
	nameTaken bool
}

func (t *table) take() taken {
	t.mu.Lock()
	members := make([]Member, 0, len(t.others)+1)
	if t.taken {
		members = append(members, t.rival)
	} else {
		members = append(members, t.self)
	}
	for _, m := range t.others {
		if !t.isReplacedLocked(m) {
			members = append(members, m)
		}
	}
	got := taken{members: members, gone: t.gone, notices: t.notices.takeAll(), nameTaken: t.taken}
	t.gone = make(map[string]Member)
	t.mu.Unlock()

	slices.SortFunc(got.members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return got
}
