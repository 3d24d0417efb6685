package bench

import (
	"bytes"
	_ "embed"
	"errors"
	"html/template"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// plotSVG is what a plot looks like.
//
//go:embed plot.svg.tmpl
var plotSVG string

// Size of a plot, and of the frame in it that the curve is drawn into, in pixels.
const (
	plotWidth, plotHeight   = 832, 454
	frameLeft, frameTop     = 80, 50
	frameWidth, frameHeight = 720, 330
	gridLines               = 5 // at least
)

// CheckPlot tells what is wrong with the name of a file to plot to.
func CheckPlot(path string) error {
	if strings.ToLower(filepath.Ext(path)) != ".svg" {
		return errors.New("want a name that ends in .svg")
	}
	return nil
}

// plot is what the template draws.
type plot struct {
	Title                    string
	Width, Height            int
	Left, Top, Right, Bottom float64
	Points                   []point
	X, Y                     []tick
}

// point is one of the curve.
type point struct{ X, Y float64 }

// tick is a place on an axis.
type tick struct {
	At    float64
	Label string
}

// Plot draws the times by percentile, as SVG: each step to the right is another nine.
func (r Report) Plot(path, title string) error {
	t, err := template.New("plot").Parse(plotSVG)
	if err != nil {
		return err
	}
	var svg bytes.Buffer
	if err := t.Execute(&svg, r.plot(title)); err != nil {
		return err
	}
	return os.WriteFile(path, svg.Bytes(), 0o644)
}

func (r Report) plot(title string) plot {
	p := plot{
		Title: title, Width: plotWidth, Height: plotHeight,
		Left: frameLeft, Top: frameTop, Right: frameLeft + frameWidth, Bottom: frameTop + frameHeight,
	}
	longest, farthest := 0.0, 1.0
	for _, at := range r.Percentiles {
		if at.Percent < 100 { // which is infinitely far to the right
			longest, farthest = max(longest, at.Seconds), max(farthest, nines(at.Percent))
		}
	}
	step := roundStep(longest / gridLines)
	top := max(math.Ceil(longest/step), 1) * step
	for seconds := 0.0; seconds < top+step/2; seconds += step {
		p.Y = append(p.Y, tick{p.Bottom - seconds/top*frameHeight, span(seconds).String()})
	}
	for _, at := range r.Percentiles {
		if at.Percent == 100 {
			continue
		}
		x := p.Left + nines(at.Percent)/farthest*frameWidth
		p.Points = append(p.Points, point{x, p.Bottom - at.Seconds/top*frameHeight})
		if label := tickLabel(at.Percent); label != "" {
			p.X = append(p.X, tick{x, label})
		}
	}
	return p
}

// roundStep is the largest of 1, 2 and 5 times a power of ten that is at most step.
func roundStep(step float64) float64 {
	if step <= 0 {
		return 1
	}
	unit := math.Pow(10, math.Floor(math.Log10(step)))
	for _, n := range []float64{5, 2} {
		if n*unit <= step {
			return n * unit
		}
	}
	return unit
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percent float64) float64 { return -math.Log10(1 - percent/100) }

// tickLabel is empty for those that would stand on their neighbours.
func tickLabel(percent float64) string {
	switch percent {
	case 10, 25, 75, 99.5, 99.95:
		return ""
	}
	return trim(percent) + " %"
}
