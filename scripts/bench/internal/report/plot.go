package report

import (
	"fmt"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// Plot is a picture of lines.
type Plot struct {
	File   string `json:"file"` // name without a folder, ending in .svg
	Title  string `json:"title"`
	X, Y   string `json:"-"` // what the axes show
	LogX   bool   `json:"-"`
	LogY   bool   `json:"-"`
	Series []Line `json:"-"`
}

// Line is one line of a Plot.
type Line struct {
	Name   string
	Points []Point
}

// Point is one point of a Line.
type Point struct{ X, Y float64 }

const (
	plotWidth  = 7 * vg.Inch
	plotHeight = 4 * vg.Inch
)

// save draws p into a file in dir.
func (p Plot) save(dir string) error {
	out := plot.New()
	out.Title.Text, out.X.Label.Text, out.Y.Label.Text = p.Title, p.X, p.Y
	out.Legend.Top, out.Legend.Left = true, true
	out.Legend.TextStyle.Font.Size = vg.Points(9)
	out.Add(plotter.NewGrid())
	if p.LogX {
		out.X.Scale, out.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	if p.LogY {
		out.Y.Scale, out.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	for i, series := range p.Series {
		if err := addLine(out, i, series); err != nil {
			return fmt.Errorf("plot %s: %w", p.File, err)
		}
	}
	return out.Save(plotWidth, plotHeight, filepath.Join(dir, p.File))
}

func addLine(out *plot.Plot, i int, series Line) error {
	xys := make(plotter.XYs, len(series.Points))
	for j, point := range series.Points {
		xys[j] = plotter.XY(point)
	}
	line, points, err := plotter.NewLinePoints(xys)
	if err != nil {
		return err
	}
	line.Color, points.Color = plotutil.Color(i), plotutil.Color(i)
	line.Dashes, points.Shape = plotutil.Dashes(i/len(plotutil.DefaultColors)), plotutil.Shape(i)
	out.Add(line, points)
	out.Legend.Add(series.Name, line, points)
	return nil
}
