package bench

import (
	"errors"
	"image/color"
	"math"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// curveColor is that of the line.
var curveColor = color.RGBA{R: 0x2b, G: 0x5b, B: 0xd7, A: 0xff}

// Size of a plot.
const (
	plotWidth  = 22 * vg.Centimeter
	plotHeight = 12 * vg.Centimeter
)

// CheckPlot tells what is wrong with the name of a file to plot to: its ending says in which format.
func CheckPlot(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".svg", ".png":
		return nil
	}
	return errors.New("want a name that ends in .svg or .png")
}

// Plot draws the times by percentile: each step to the right is another nine.
func (r Report) Plot(path, title string) error {
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "percentile"
	p.Y.Label.Text = "time"
	p.Y.Min = 0
	var line plotter.XYs
	var ticks []plot.Tick
	for _, at := range r.Percentiles {
		if at.Percent == 100 {
			continue // infinitely far to the right
		}
		x := nines(at.Percent)
		line = append(line, plotter.XY{X: x, Y: at.Seconds})
		if at.Percent == 0 || at.Percent >= 50 {
			ticks = append(ticks, plot.Tick{Value: x, Label: tickLabel(at.Percent)})
		}
	}
	curve, points, err := plotter.NewLinePoints(line)
	if err != nil {
		return err
	}
	curve.Width = vg.Points(2)
	curve.Color, points.Color = curveColor, curveColor
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Tick.Marker = spans{}
	p.Add(plotter.NewGrid(), curve, points)
	return p.Save(plotWidth, plotHeight, path)
}

// nines is how many nines a percentile has: 1 for 90, 2 for 99.
func nines(percent float64) float64 { return -math.Log10(1 - percent/100) }

// tickLabel is empty for those that would stand on their neighbours.
func tickLabel(percent float64) string {
	switch percent {
	case 75, 99.5, 99.95:
		return ""
	}
	return trim(percent) + " %"
}

// spans labels an axis of seconds.
type spans struct{}

// Ticks returns the ticks of an axis.
func (spans) Ticks(least, most float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(least, most)
	for i, t := range ticks {
		if t.Label != "" {
			ticks[i].Label = span(t.Value).String()
		}
	}
	return ticks
}
