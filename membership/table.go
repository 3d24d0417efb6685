package membership

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
)

// maxMembers bounds the memory that announcements of ever new names can take. It is far above what gossip is tuned for.
const maxMembers = 1 << 14

// table is the membership as memberlist's callbacks told it. They run under memberlist's lock, so its methods only
// copy, and wake the publisher.
type table struct {
	// wake has an element when something changed since the publisher last took.
	wake chan struct{}

	// contested has an element when another member was found to be known by this one's name.
	contested chan struct{}

	// unknown is true from when this member met others, or its name was another's, until one of them knows it.
	unknown atomic.Bool

	mu      sync.Mutex // guards the fields below
	self    Member
	others  map[string]Member // by name
	gone    map[string]Member // those that went since the last take, as they were last seen
	notices noticeBoard
	stats   Stats
	echoes  uint64 // announcements of this member as it is, mostly by others
}

func newTable(self Member) *table {
	return &table{
		wake:      make(chan struct{}, 1),
		contested: make(chan struct{}, 1),
		self:      self,
		others:    make(map[string]Member),
		gone:      make(map[string]Member),
	}
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
	if len(t.others) == 0 {
		t.unknown.Store(true)
	}
	t.others[m.Name] = m
	signal(t.wake)
}

func (t *table) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if m, ok := t.others[name]; ok {
		delete(t.others, name)
		if len(t.others) == 0 {
			t.unknown.Store(false)
		}
		t.goneLocked(m)
		signal(t.wake)
	}
}

func (t *table) goneLocked(m Member) {
	if len(t.gone) < maxMembers {
		t.gone[m.Name] = m
	}
}

// hasRoom tells whether a member of that name may be put.
func (t *table) hasRoom(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, known := t.others[name]
	return known || len(t.others) < maxMembers
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
	}
	if t.notices.post(key, n) {
		signal(t.wake)
	}
}

// hearSelf takes note that this member's name was announced at addr.
func (t *table) hearSelf(addr string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if addr == t.self.GossipAddr {
		t.echoes++
		t.unknown.Store(false)
		return
	}
	t.unknown.Store(true)
	signal(t.contested)
}

// echoed returns how often this member was announced as it is.
func (t *table) echoed() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.echoes
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
	members []Member          // sorted by name
	gone    map[string]Member // as in table
	notices []notice
}

func (t *table) take() taken {
	t.mu.Lock()
	members := make([]Member, 0, len(t.others)+1)
	members = append(members, t.self)
	for _, m := range t.others {
		members = append(members, m)
	}
	got := taken{members: members, gone: t.gone, notices: t.notices.takeAll()}
	t.gone = make(map[string]Member)
	t.mu.Unlock()

	slices.SortFunc(got.members, func(a, b Member) int { return cmp.Compare(a.Name, b.Name) })
	return got
}
