//go:build linux

package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

// Size of a chart in units of its drawing, and what its axes take of it.
const (
	width, height = 960, 150
	left, bottom  = 64, 18
	top           = 8
)

// Chart is one drawing: some figures over time, and the events.
type Chart struct {
	Title  string
	Lines  []Line
	Marks  []Mark
	Ticks  []Tick // of the figures
	Times  []Tick
	Width  int
	Height int
	Left   int
	Floor  int // where the figures' axis has its foot
}

// Line is a figure over time.
type Line struct {
	Name  string
	Class string // of its colour
	Path  string // of SVG
}

// Mark is an event. Where there are few, each has a word beside it, at one of some heights, so that neighbours do not overlap.
type Mark struct {
	X, Y  float64
	What  string
	Words string
}

// Tick is a word at an axis.
type Tick struct {
	At   float64
	Text string
}

// point is a figure at a moment; NaN interrupts the line.
type point struct {
	at    time.Duration
	value float64
}

// series is what a line is drawn from.
type series struct {
	name   string
	class  string
	points []point
}

// scale maps moments and figures to a drawing.
type scale struct {
	length time.Duration
	most   float64
	least  float64 // above 0: figures are drawn by their logarithm, from this one on
	format func(float64) string
}

func (s scale) x(at time.Duration) float64 {
	return left + float64(at)/float64(max(s.length, 1))*(width-left)
}

func (s scale) y(v float64) float64 {
	part := v / s.most
	if s.least > 0 {
		part = math.Log(max(v, s.least)/s.least) / math.Log(s.most/s.least)
	}
	return height - bottom - min(max(part, 0), 1)*(height-bottom-top)
}

// draw makes a chart. Where logarithmic, figures below least are drawn at the foot.
func draw(title string, length time.Duration, all []series, events []timeline.Event, least float64, format func(float64) string) Chart {
	s := scale{length: length, most: 1, least: least, format: format}
	for _, one := range all {
		for _, p := range one.points {
			if !math.IsNaN(p.value) {
				s.most = max(s.most, p.value)
			}
		}
	}
	c := Chart{Title: title, Width: width, Height: height, Left: left, Floor: height - bottom, Ticks: s.ticks(), Times: s.times()}
	for _, one := range all {
		c.Lines = append(c.Lines, Line{Name: one.name, Class: one.class, Path: s.path(one.points)})
	}
	for _, e := range events {
		c.Marks = append(c.Marks, Mark{X: s.x(e.At), What: e.What})
	}
	return c
}

// withWords gives the marks their words, if there are few.
func (c Chart) withWords() Chart {
	if len(c.Marks) > fewEvents {
		return c
	}
	for i := range c.Marks {
		m := &c.Marks[i]
		m.Words, m.Y = m.What, top+float64(i%3+1)*wordHeight
	}
	return c
}

const (
	// fewEvents have words in the drawing.
	fewEvents  = 16
	wordHeight = 11
)

func (s scale) path(points []point) string {
	var b strings.Builder
	pen := "M"
	for _, p := range points {
		if math.IsNaN(p.value) {
			pen = "M"
			continue
		}
		fmt.Fprintf(&b, "%s%.1f %.1f", pen, s.x(p.at), s.y(p.value))
		pen = "L"
	}
	return b.String()
}

// ticks are at each power of ten, or at the foot, the middle and the top.
func (s scale) ticks() []Tick {
	var ticks []Tick
	if s.least > 0 {
		for v := s.least; v <= s.most; v *= 10 {
			ticks = append(ticks, Tick{s.y(v), s.format(v)})
		}
		return ticks
	}
	for _, v := range []float64{0, s.most / 2, s.most} {
		ticks = append(ticks, Tick{s.y(v), s.format(v)})
	}
	return ticks
}

// times are at ten or so round moments.
func (s scale) times() []Tick {
	step := time.Second
	for _, round := range []time.Duration{2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600} {
		if s.length/step > 12 {
			step = round * time.Second
		}
	}
	var ticks []Tick
	for at := time.Duration(0); at < s.length; at += step {
		ticks = append(ticks, Tick{s.x(at), at.String()})
	}
	return ticks
}
