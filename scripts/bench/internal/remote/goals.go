package remote

import (
	"fmt"

	"github.com/dustin/go-humanize"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/peer"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

const ours = peer.P2PCache

// wanted is how many times another's rate is wanted.
type wanted struct {
	length, callers int
	other           string
	times           float64
}

var wantedRates = []wanted{
	{100, 256, "groupcache tuned", 15},
	{100, 256, "rueidis", 2.5},
	{100, 64, "groupcache tuned", 8},
	{100, 64, "rueidis", 1.7},
	{10 << 10, 64, "groupcache tuned", 4},
	{10 << 10, 64, "rueidis", 1},
	{1 << 20, 64, "groupcache tuned", 1.4},
}

// wantedMedians are for one caller's gets of 100 B.
var wantedMedians = []wanted{{100, 1, "groupcache tuned", 0.6}, {100, 1, "rueidis", 1.1}}

// besideTimes is by how much the 99th percentile of small gets may grow beside large ones.
const besideTimes = 3

// goals are those of which all figures were taken.
func (f findings) goals(all []contender) []report.Goal {
	var goals []report.Goal
	for _, m := range f.matrices {
		for _, w := range wantedRates {
			if m.has(w) {
				what := fmt.Sprintf("%s, %d callers: rate against %s", humanize.IBytes(uint64(w.length)), w.callers, w.other)
				goals = append(goals, report.AtLeast(what, " ×", m.times(w.other, w.callers), w.times).In(m.timesTitle(), fmt.Sprint(w.callers), w.other))
			}
		}
		for _, w := range wantedMedians {
			if m.has(w) {
				got := m.at(ours, w.callers).p50.Median() / m.at(w.other, w.callers).p50.Median()
				goals = append(goals, report.AtMost("100 B, 1 caller: median latency against "+w.other, " ×", got, w.times))
			}
		}
	}
	for i, c := range all {
		if f.beside != nil && c.name() == ours {
			goals = append(goals, report.AtMost("99th percentile of small gets beside large ones, against alone", " ×",
				f.beside[i].ratio.Median(), besideTimes).In(besideTitle, ours, besideRatio))
		}
	}
	if len(f.wrk[peer.Groupcache]) > 0 {
		got := f.wrk[ours].Median() / f.wrk[peer.Groupcache].Median()
		goals = append(goals, report.AtLeast("plain GET by wrk: rate against groupcache's server", " ×", got, 1).In(wrkTitle, ours, wrkColumn))
	}
	return goals
}

func (m matrix) has(w wanted) bool {
	return m.length == w.length && m.cells[cell{ours, w.callers}] != nil && m.cells[cell{w.other, w.callers}] != nil
}
