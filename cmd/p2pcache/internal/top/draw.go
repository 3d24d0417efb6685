package top

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/dustin/go-humanize"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/figure"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/summary"
)

// Looks of a text. What a terminal cannot show, or NO_COLOR forbids, is left away when it is written.
var (
	bold   = ansi.Style{}.Bold()
	faint  = ansi.Style{}.Faint()
	good   = ansi.Style{}.ForegroundColor(ansi.Green)
	bad    = ansi.Style{}.ForegroundColor(ansi.BrightRed).Bold()
	warn   = ansi.Style{}.ForegroundColor(ansi.Yellow)
	accent = ansi.Style{}.ForegroundColor(ansi.BrightBlue)
)

// column is one of the table of members.
type column struct {
	title string
	width int // negative: to the left
	cell  func(summary.Line) string
}

var columns = [...]column{
	{"MEMBER", -22, func(l summary.Line) string { return l.Member }},
	{"STATE", -9, func(l summary.Line) string { return l.State }},
	{"SHARE", 7, func(l summary.Line) string { return figure.Percent(l.Share) }},
	{"GETS/S", 10, func(l summary.Line) string { return rate(l.Gets) }},
	{"HITS", 7, func(l summary.Line) string { return figure.Percent(l.HitRatio) }},
	{"SERVED/S", 10, func(l summary.Line) string { return rate(l.Served) }},
	{"LOADS/S", 9, func(l summary.Line) string { return rate(l.Loads) }},
	{"P50", 8, func(l summary.Line) string { return figure.Time(l.P50) }},
	{"P99", 8, func(l summary.Line) string { return figure.Time(l.P99) }},
	{"HELD", 9, func(l summary.Line) string { return humanize.IBytes(uint64(l.Bytes)) }},
	{"MEMORY", 9, func(l summary.Line) string { return humanize.IBytes(l.Memory) }},
}

// draw returns the screen.
func (m Model) draw() string {
	members, all := summary.Of(m.now, m.before, m.cfg.Group)
	var b strings.Builder
	line := func(text string) { b.WriteString(ansi.Truncate(text, m.width, "…") + "\n") }
	line(m.title())
	line("")
	line(headline(all, len(members)))
	line(accent.Styled(sparkline(m.history, m.width)))
	line("")
	line(faint.Styled(titles()))
	rows := max(1, m.height-11)
	for i, l := range members {
		if i == rows && len(members) > rows {
			line(faint.Styled(fmt.Sprintf("… and %d more", len(members)-rows)))
			break
		}
		line(row(l))
	}
	line("")
	for _, e := range lastEvents(m.now.Events, m.height-8-min(len(members), rows)) {
		line(event(e))
	}
	b.WriteString(faint.Styled("q quit   p pause   g next group"))
	return b.String()
}

func (m Model) title() string {
	group := "all groups"
	if m.cfg.Group != "" {
		group = "group " + m.cfg.Group
	}
	title := bold.Styled("p2pcache") + faint.Styled(fmt.Sprintf("  as %s sees it · %s · every %v", m.now.Self, group, m.cfg.Interval))
	switch {
	case m.err != nil:
		return title + "  " + bad.Styled("no answer: "+m.err.Error())
	case m.paused:
		return title + "  " + warn.Styled("paused")
	}
	return title
}

func headline(all summary.Line, members int) string {
	part := func(value, what string) string { return bold.Styled(value) + " " + faint.Styled(what) + "    " }
	return part(rate(all.Gets), "gets/s") + part(figure.Percent(all.HitRatio), "without the origin") + part(rate(all.Loads), "loads/s") +
		part(figure.Time(all.P50), "median") + part(figure.Time(all.P99), "p99") + part(humanize.IBytes(uint64(all.Bytes)), "held") +
		part(fmt.Sprint(members), "members")
}

// sparkline draws the last values that have room.
func sparkline(values []float64, width int) string {
	const steps = "▁▂▃▄▅▆▇█"
	levels := []rune(steps)
	values = values[max(0, len(values)-width):]
	most := 1e-9
	for _, v := range values {
		most = max(most, v)
	}
	var b strings.Builder
	for _, v := range values {
		b.WriteRune(levels[int(v/most*float64(len(levels)-1)+0.5)])
	}
	return b.String()
}

func titles() string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = pad(c.title, c.width)
	}
	return strings.Join(cells, " ")
}

func row(l summary.Line) string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = pad(printable(c.cell(l)), c.width)
		if c.title == "STATE" {
			cells[i] = stateStyle(l.State).Styled(cells[i])
		}
	}
	return strings.Join(cells, " ")
}

func stateStyle(state string) ansi.Style {
	switch state {
	case "serving":
		return good
	case "silent":
		return bad
	}
	return warn
}

// pad makes text as wide as its column.
func pad(text string, width int) string {
	left := width < 0
	if left {
		width = -width
	}
	text = ansi.Truncate(text, width, "…")
	space := strings.Repeat(" ", width-ansi.StringWidth(text))
	if left {
		return text + space
	}
	return space + text
}

// printable leaves away what would steer the terminal: a member's name is what the member says it is.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

// lastEvents are the newest, newest first, that have room.
func lastEvents(events []pages.Event, room int) []pages.Event {
	var last []pages.Event
	for i := len(events) - 1; i >= 0 && len(last) < min(max(room-3, 0), 6); i-- {
		last = append(last, events[i])
	}
	return last
}

func event(e pages.Event) string {
	style := warn
	switch e.Kind {
	case "joined":
		style = good
	case "lost":
		style = bad
	}
	at := time.UnixMilli(e.UnixMilli).Format(time.TimeOnly)
	return faint.Styled(at) + "  " + style.Styled(pad(e.Kind, -9)) + printable(e.Member)
}

func rate(n float64) string {
	switch {
	case n >= 1e6:
		return fmt.Sprintf("%.2fM", n/1e6)
	case n >= 1e4:
		return fmt.Sprintf("%.1fk", n/1e3)
	case n >= 100 || n == 0:
		return humanize.Comma(int64(n + 0.5))
	}
	return fmt.Sprintf("%.1f", n)
}
