package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Plot is a picture of lines.
type Plot struct {
	File  string `json:"file"` // name without a folder, ending in .svg
	Title string `json:"title"`
	X, Y  string `json:"-"` // what the axes show
	LogX  bool   `json:"-"`
	LogY  bool   `json:"-"`

	FromZero bool `json:"-"` // the Y axis begins at 0

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
	out, err := p.drawing()
	if err != nil {
		return err
	}
	return out.Save(plotWidth, plotHeight, filepath.Join(dir, p.File))
}

// SaveRow draws plots side by side into a file in dir, as SVG.
func SaveRow(dir, file string, plots ...Plot) error {
	row := make([]*plot.Plot, len(plots))
	for i, p := range plots {
		var err error
		if row[i], err = p.drawing(); err != nil {
			return err
		}
	}
	picture := vgsvg.New(vg.Length(len(plots))*plotWidth/2, plotHeight)
	tiles := draw.Tiles{Rows: 1, Cols: len(plots), PadX: vg.Points(12), PadTop: vg.Points(4), PadRight: vg.Points(8), PadBottom: vg.Points(4)}
	for i, canvas := range plot.Align([][]*plot.Plot{row}, tiles, draw.New(picture))[0] {
		row[i].Draw(canvas)
	}
	out, err := os.Create(filepath.Join(dir, file))
	if err != nil {
		return err
	}
	_, err = picture.WriteTo(out)
	return errors.Join(err, out.Close())
}

func (p Plot) drawing() (*plot.Plot, error) {
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
			return nil, fmt.Errorf("plot %s: %w", p.Title, err)
		}
	}
	if p.FromZero {
		out.Y.Min = 0
	}
	return out, nil
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
