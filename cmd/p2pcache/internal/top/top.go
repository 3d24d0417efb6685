// Package top draws a cluster in a terminal, anew each moment.
package top

import (
	"context"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/summary"
)

// Config says where a Model looks.
type Config struct {
	// Look asks what all members count.
	Look func(context.Context) (*pages.Cluster, error)

	Interval time.Duration // between two looks
	Group    string        // whose counters are shown; all for ""
	Looks    int           // after which it ends; 0: never
}

// maxHistory is how many rates are remembered for the line of the past.
const maxHistory = 240

// Model is what a terminal shows. It is a tea.Model.
type Model struct {
	cfg         Config
	now, before *pages.Cluster
	history     []float64 // Gets a second
	err         error     // of the last look
	paused      bool
	looks       int
	width       int
	height      int
}

// New returns a Model that begins with what first says.
func New(cfg Config, first *pages.Cluster) Model {
	return Model{cfg: cfg, now: first, width: 100, height: 30}
}

// looked is what a look came to.
type looked struct {
	doc *pages.Cluster
	err error
}

// Init begins to look.
func (m Model) Init() tea.Cmd { return m.wait() }

// wait looks after the interval. The context is that of no request: a look that takes long ends by its own limit.
func (m Model) wait() tea.Cmd {
	return tea.Tick(m.cfg.Interval, func(time.Time) tea.Msg {
		doc, err := m.cfg.Look(context.Background())
		return looked{doc, err}
	})
}

// Update takes a key, a size or a look in.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyPressMsg:
		return m.press(msg.String())
	case looked:
		m.looks++
		m = m.take(msg)
		if m.cfg.Looks > 0 && m.looks >= m.cfg.Looks {
			return m, tea.Quit
		}
		return m, m.wait()
	}
	return m, nil
}

func (m Model) press(key string) (tea.Model, tea.Cmd) {
	switch key {
	case "q", "esc", "ctrl+c":
		return m, tea.Quit
	case "p", "space":
		m.paused = !m.paused
	case "g":
		m.cfg.Group = next(groups(m.now), m.cfg.Group)
		m.history = nil
	}
	return m, nil
}

func (m Model) take(l looked) Model {
	if m.err = l.err; l.err != nil || m.paused {
		return m
	}
	m.before, m.now = m.now, l.doc
	_, all := summary.Of(m.now, m.before, m.cfg.Group)
	m.history = append(slices.Clone(m.history), all.Gets)
	if len(m.history) > maxHistory {
		m.history = m.history[1:]
	}
	return m
}

// groups are the names of all groups that any member has, sorted.
func groups(doc *pages.Cluster) (names []string) {
	for _, m := range doc.Members {
		if m.Stats == nil {
			continue
		}
		for _, g := range m.Stats.Groups {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// next is the name after one; "", which is all together, after the last.
func next(names []string, name string) string {
	if i := slices.Index(names, name) + 1; i < len(names) {
		return names[i]
	}
	return ""
}

// View draws.
func (m Model) View() tea.View {
	v := tea.NewView(m.draw())
	v.AltScreen = true
	v.WindowTitle = "p2pcache top"
	return v
}
