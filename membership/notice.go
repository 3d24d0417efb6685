package membership

import "github.com/rs/zerolog"

// Bounds of what strangers can make a member remember.
const (
	maxNotices = 64   // that wait to be logged
	maxNoticed = 4096 // keys that were logged
)

type noticeKind int

const (
	noticeRefused  noticeKind = iota // what a member says is invalid
	noticeConflict                   // a name is claimed at two addresses
	noticeStranger                   // a packet or stream is none that a member sends
	noticeTaken                      // this member's name is another's
)

// notice is something that a callback saw and must not log by itself, for writing a log may block.
type notice struct {
	kind  noticeKind
	level zerolog.Level
	text  string
	name  string // of the member that it is about, if any
	addr  string // that the member gossips at, or where a stranger is
	holds string // for a conflict, where the name's holder gossips at
	err   error  // for a refusal, the reason
}

func (n notice) log(l zerolog.Logger) {
	e := l.WithLevel(n.level)
	if n.name != "" {
		e = e.Str("member", n.name)
	}
	if n.addr != "" {
		e = e.Str("gossip", n.addr)
	}
	if n.holds != "" {
		e = e.Str("holder", n.holds)
	}
	e.Err(n.err).Msg(n.text)
}

// noticeBoard keeps notices until they are logged, each key's only once. The zero value is ready.
type noticeBoard struct {
	posted  []notice
	noticed map[string]struct{}
}

// post tells whether n was kept: the first of its key, with room left.
func (b *noticeBoard) post(key string, n notice) bool {
	if _, seen := b.noticed[key]; seen || len(b.posted) >= maxNotices {
		return false
	}
	if b.noticed == nil || len(b.noticed) >= maxNoticed {
		b.noticed = make(map[string]struct{})
	}
	b.noticed[key] = struct{}{}
	b.posted = append(b.posted, n)
	return true
}

func (b *noticeBoard) takeAll() []notice {
	posted := b.posted
	b.posted = nil
	return posted
}
