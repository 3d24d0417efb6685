package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"
)

// maxGroupName is the length of the longest group name, in bytes.
const maxGroupName = 255

// groupTable holds a node's groups. Readers take no lock: the map is replaced as a whole.
type groupTable struct {
	mu     sync.Mutex // held by writers
	byName atomic.Pointer[map[string]*Group]
}

func (t *groupTable) find(name string) (*Group, bool) {
	byName := t.byName.Load()
	if byName == nil {
		return nil, false
	}
	g, ok := (*byName)[name]
	return g, ok
}

// all lists the groups, sorted by name.
func (t *groupTable) all() []*Group {
	byName := t.byName.Load()
	if byName == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(*byName), func(a, b *Group) int { return strings.Compare(a.name, b.name) })
}

// add adds a group unless there is one of its name.
func (t *groupTable) add(g *Group) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	byName := map[string]*Group{}
	if old := t.byName.Load(); old != nil {
		byName = maps.Clone(*old)
	}
	if byName[g.name] != nil {
		return false
	}
	byName[g.name] = g
	t.byName.Store(&byName)
	return true
}

// NewGroup makes a group on this node. Its name, of 1 to 255 bytes of UTF-8, says which groups on other nodes are the same
// one; a node has one of each name at most. Until it is made, peers load themselves what this node owns of it.
func (n *Node) NewGroup(name string, cfg GroupConfig) (*Group, error) {
	if name == "" || len(name) > maxGroupName || !utf8.ValidString(name) {
		return nil, fmt.Errorf("node: group %q: want a name of 1 to %d bytes of UTF-8", name, maxGroupName)
	}
	if n.ctx.Err() != nil {
		return nil, fmt.Errorf("node: group %q: %w", name, ErrClosed)
	}
	g, err := newGroup(n, name, cfg)
	if err != nil {
		return nil, fmt.Errorf("node: group %q: %w", name, err)
	}
	if !n.groups.add(g) {
		return nil, fmt.Errorf("node: group %q exists already", name)
	}
	if n.cluster != nil {
		g.catchUp(n.cluster.Epoch(name))
	}
	return g, nil
}

// Group returns the group of that name on this node.
func (n *Node) Group(name string) (*Group, bool) { return n.groups.find(name) }
