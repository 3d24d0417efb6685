package remote

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// findings are all that was measured.
type findings struct {
	matrices []matrix
	beside   []beside
	wrk      map[string]sample.Sample
}

func (f findings) report(all []contender, callers []int) report.Report {
	r := report.Report{
		Name: commandName, Title: "gets of what another process on this machine holds",
		Host: host(), Goals: f.goals(all),
		Notes: []string{
			"Two processes share this machine's cores: whoever asks and whoever answers. No caller keeps copies, and no two callers ask for " +
				"one key at a time. Each figure is the median of several runs, with the least and the greatest; contenders take turns.",
			"groupcache tuned keeps all idle connections and asks for no compression; groupcache without the word uses Go's default transport, as " +
				"it does by default. go-redis may open 64 connections, gomemcache as many as there are callers; rueidis is as it comes, without " +
				"client-side caching.",
			"What it does not show: a network, whose latency and bandwidth would bring all closer together; more cores than these; and " +
				"copies of hot keys, which p2pcache and groupcache keep where they are allowed to.",
		},
	}
	for _, m := range f.matrices {
		r.Tables = append(r.Tables, m.tables(all, callers)...)
		if len(callers) > 1 {
			r.Plots = append(r.Plots, m.plot(all, callers))
		}
	}
	if f.beside != nil {
		r.Tables = append(r.Tables, besideTable(all, f.beside))
	}
	if f.wrk != nil {
		r.Tables = append(r.Tables, wrkTable(f.wrk))
	}
	return r
}

// host is this machine, with the versions of who is measured.
func host() report.Host {
	h := report.ThisHost("github.com/golang/groupcache", "github.com/redis/rueidis", "github.com/redis/go-redis/v9", "github.com/bradfitz/gomemcache")
	h.AddProgram("redis-server", "--version")
	h.AddProgram("memcached", "--version")
	return h
}

// tables are the rates, how many times those of the others p2pcache's are, latencies and costs.
func (m matrix) tables(all []contender, callers []int) []report.Table {
	size := humanize.IBytes(uint64(m.length))
	return []report.Table{
		m.table(size+": gets a second", all, callers, func(s *samples) report.Cell { return report.Spread(s.rate) }),
		m.table(m.timesTitle(), all[1:], callers, nil),
		m.table(size+": median and 99th percentile of latency, µs", all, callers, func(s *samples) report.Cell {
			return pair(s.p50, s.p99)
		}),
		m.table(size+": processor time a get, µs, of client and server", all, callers, func(s *samples) report.Cell {
			return pair(s.clientCPU, s.serverCPU)
		}),
		m.table(size+": allocations a get, of client and server", all, callers, func(s *samples) report.Cell {
			return pair(s.clientMallocs, s.mallocs)
		}),
	}
}

// timesTitle is the title of the table that tells how many times another's rate p2pcache's is.
func (m matrix) timesTitle() string {
	return humanize.IBytes(uint64(m.length)) + ": p2pcache's rate, in times the other's"
}

// table has a row for each number of callers and a column for each contender. Where cell is nil, it shows ratios.
func (m matrix) table(title string, all []contender, callers []int, cell func(*samples) report.Cell) report.Table {
	t := report.Table{Title: title, Columns: []string{"callers"}}
	for _, c := range all {
		t.Columns = append(t.Columns, c.name())
	}
	for _, n := range callers {
		row := []report.Cell{report.Text(fmt.Sprint(n))}
		for _, c := range all {
			if cell == nil {
				row = append(row, report.Times(m.times(c.name(), n)))
			} else {
				row = append(row, cell(m.at(c.name(), n)))
			}
		}
		t.Add(row...)
	}
	return t
}

func pair(a, b sample.Sample) report.Cell {
	first, second := report.Spread(sample.Sample{a.Median()}), report.None()
	if len(b) > 0 {
		second = report.Spread(sample.Sample{b.Median()})
	}
	return report.Cell{Text: first.Text + " / " + second.Text, Value: first.Value, High: second.Value}
}

// times is how many times another's rate this project's is.
func (m matrix) times(other string, callers int) float64 {
	return m.at(ours, callers).rate.Median() / m.at(other, callers).rate.Median()
}

func (m matrix) plot(all []contender, callers []int) report.Plot {
	size := humanize.IBytes(uint64(m.length))
	p := report.Plot{
		File:  "remote-" + strings.ToLower(strings.ReplaceAll(size, " ", "")) + ".svg",
		Title: "Gets of " + size + " from another process", X: "callers", Y: "gets a second", LogX: true, LogY: true,
	}
	for _, c := range all {
		line := report.Line{Name: c.name()}
		for _, n := range callers {
			line.Points = append(line.Points, report.Point{X: float64(n), Y: m.at(c.name(), n).rate.Median()})
		}
		p.Series = append(p.Series, line)
	}
	return p
}
