package membership

import (
	"cmp"

	"github.com/rs/zerolog"
)

type changeKind string

const (
	joined    changeKind = "member joined"
	restarted changeKind = "member started again"
	draining  changeKind = "member is draining"
	updated   changeKind = "member updated"
	left      changeKind = "member left"
	died      changeKind = "member died"
)

// change is how one member differs from one snapshot to the next.
type change struct {
	kind   changeKind
	member Member // as it is now, or as it was last seen
}

// changes compares two lists sorted by name. gone has what is known of members that went in between, and may know more
// than before: that they drained.
func changes(before, after []Member, gone map[string]Member) []change {
	var all []change
	for len(before) > 0 || len(after) > 0 {
		switch order := compareFirst(before, after); {
		case order < 0:
			all = append(all, exit(before[0], gone))
			before = before[1:]
		case order > 0:
			all = append(all, change{joined, after[0]})
			after = after[1:]
		default:
			if before[0] != after[0] {
				all = append(all, change{kindOfUpdate(before[0], after[0]), after[0]})
			}
			before, after = before[1:], after[1:]
		}
	}
	return all
}

// compareFirst compares the names that come first; one that is there comes before one that is not.
func compareFirst(a, b []Member) int {
	switch {
	case len(b) == 0:
		return -1
	case len(a) == 0:
		return 1
	}
	return cmp.Compare(a[0].Name, b[0].Name)
}

func exit(m Member, gone map[string]Member) change {
	if last, ok := gone[m.Name]; ok {
		m = last
	}
	if m.Draining {
		return change{left, m}
	}
	return change{died, m}
}

func kindOfUpdate(before, after Member) changeKind {
	switch {
	case before.Boot != after.Boot:
		return restarted
	case !before.Draining && after.Draining:
		return draining
	}
	return updated
}

func (c change) log(l zerolog.Logger) {
	level := zerolog.InfoLevel
	if c.kind == died {
		level = zerolog.WarnLevel
	}
	l.WithLevel(level).Str("member", c.member.Name).Str("gossip", c.member.GossipAddr).
		Str("http", c.member.HTTPAddr).Msg(string(c.kind))
}
