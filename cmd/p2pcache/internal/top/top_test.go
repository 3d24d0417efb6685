package top_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/top"
	"github.com/p2pcache/p2pcache/node"
)

// moment is what a cluster of two counts at some second.
func moment(second int64) *pages.Cluster {
	stats := func(gets uint64) *pages.Stats {
		return &pages.Stats{State: "ready", UptimeSeconds: float64(second), Groups: []pages.GroupStats{
			{Name: "notes", Gets: map[node.Source]uint64{node.SourceLocal: gets}}, {Name: "other"},
		}}
	}
	return &pages.Cluster{
		Self: "node1", UnixMilli: second * 1000,
		Members: []pages.MemberStats{
			{Member: pages.Member{Name: "node1"}, Share: 0.6, Stats: stats(uint64(second) * 500)},
			{Member: pages.Member{Name: "bad\x1b[2Jname"}, Share: 0.4, Error: "refused"},
		},
		Events: []pages.Event{{Number: 1, Kind: "joined", Member: "bad\x1b]0;name"}},
	}
}

// screen returns what a model shows, without colours.
func screen(m tea.Model) string { return ansi.Strip(m.View().Content) }

// look makes a model look once more; it must not end.
func look(t testing.TB, m tea.Model, cmd tea.Cmd) (tea.Model, tea.Cmd) {
	t.Helper()
	m, cmd = m.Update(cmd())
	if cmd == nil {
		t.Fatal("does not look again")
	}
	return m, cmd
}

func TestTheScreenFollowsTheCluster(t *testing.T) {
	second := int64(0)
	var fails error
	cfg := top.Config{Interval: time.Millisecond, Look: func(context.Context) (*pages.Cluster, error) {
		second++
		return moment(second), fails
	}}
	var m tea.Model = top.New(cfg, moment(0))
	m, _ = m.Update(tea.WindowSizeMsg{Width: 110, Height: 24})
	m, cmd := look(t, m, m.Init())
	shown := screen(m)
	for _, want := range []string{"as node1 sees it · all groups", "500 gets/s", "2 members", "node1", "serving", "silent", "joined", "60.0%", "q quit"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q in\n%s", want, shown)
		}
	}
	if raw := m.View().Content; strings.Contains(raw, "\x1b[2J") || strings.Contains(raw, "\x1b]0;") {
		t.Errorf("a member's name steers the terminal: %q", raw)
	}
	for i, line := range strings.Split(shown, "\n") {
		if ansi.StringWidth(line) > 110 || i >= 24 {
			t.Errorf("line %d does not fit: %q", i, line)
		}
	}
	m, _ = m.Update(tea.KeyPressMsg{Text: "g", Code: 'g'})
	if shown := screen(m); !strings.Contains(shown, "group notes") {
		t.Errorf("after g:\n%s", shown)
	}
	m, _ = m.Update(tea.KeyPressMsg{Text: "p", Code: 'p'})
	m, cmd = look(t, m, cmd)
	if shown := screen(m); !strings.Contains(shown, "paused") || second != 2 {
		t.Errorf("after p:\n%s", shown)
	}
	fails = errors.New("connection refused")
	m, _ = look(t, m, cmd)
	if shown := screen(m); !strings.Contains(shown, "no answer: connection refused") {
		t.Errorf("without an answer:\n%s", shown)
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Text: "q", Code: 'q'}); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not end it")
	}
}

func TestItEndsAfterSoManyLooks(t *testing.T) {
	cfg := top.Config{Interval: time.Millisecond, Looks: 1, Look: func(context.Context) (*pages.Cluster, error) { return moment(1), nil }}
	m := top.New(cfg, moment(0))
	if _, cmd := m.Update(m.Init()()); cmd == nil || cmd() != tea.Quit() {
		t.Error("goes on after the last look")
	}
}

func TestATinyTerminalIsNoHarm(t *testing.T) {
	for _, size := range []tea.WindowSizeMsg{{Width: 1, Height: 1}, {Width: 0, Height: 0}, {Width: 20, Height: 3}} {
		m, _ := top.New(top.Config{Interval: time.Second}, moment(0)).Update(size)
		_ = screen(m)
	}
}
