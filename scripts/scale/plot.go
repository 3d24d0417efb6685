package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"math"
	"os"
	"strings"
)

// plot draws the simulation in one file into another, as SVG: plot IN OUT.
func plot(args []string) error {
	if len(args) != 2 {
		return errors.New("plot: want the file that the simulation wrote, and the one to draw to")
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	var s Simulation
	if err := json.Unmarshal(b, &s); err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	if len(s.Sizes) < 2 {
		return fmt.Errorf("%s: want two sizes at least", args[0])
	}
	return os.WriteFile(args[1], []byte(s.svg()), 0o644)
}

// series is a line of a panel.
type series struct {
	name   string
	colour string
	value  func(Figures) float64
}

// panel is a chart over the number of members.
type panel struct {
	title  string
	series []series
}

// panels are what is drawn.
func panels() []panel {
	return []panel{
		{"seconds until all agree", []series{
			{"after a join", "#2a7f9e", func(f Figures) float64 { return median(f.Join) }},
			{"after a kill", "#c0504d", func(f Figures) float64 { return median(f.Kill) }},
			{"after 10 % churn", "#8a6d1b", func(f Figures) float64 { return f.Churn }},
		}},
		{"kB/s that each member sends", []series{
			{"idle", "#2a7f9e", func(f Figures) float64 { return f.Idle.BytesPerSecond / 1000 }},
			{"10 % churn in 10 s", "#8a6d1b", func(f Figures) float64 { return f.Churned.BytesPerSecond / 1000 }},
		}},
		{"% of a core that each member uses", []series{
			{"idle", "#2a7f9e", func(f Figures) float64 { return f.Idle.CPUPercent }},
			{"10 % churn in 10 s", "#8a6d1b", func(f Figures) float64 { return f.Churned.CPUPercent }},
		}},
	}
}

// Sizes of the drawing.
const (
	panelWidth  = 330
	panelHeight = 300
	marginLeft  = 52
	marginTop   = 40
	chartWidth  = 258
	chartHeight = 200
)

func (s Simulation) svg() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`,
		panelWidth*len(panels()), panelHeight)
	fmt.Fprintf(&b, "\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n")
	for i, p := range panels() {
		fmt.Fprintf(&b, "<g transform=\"translate(%d,0)\">\n", i*panelWidth)
		p.draw(&b, s.Sizes)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (p panel) draw(b *strings.Builder, sizes []Figures) {
	top := p.top(sizes)
	fmt.Fprintf(b, "<text x=\"%d\" y=\"20\" font-weight=\"bold\">%s</text>\n", marginLeft, html.EscapeString(p.title))
	for i := range 5 {
		v := top * float64(i) / 4
		fmt.Fprintf(b, "<path d=\"M%d %.1fh%d\" stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.3g</text>\n",
			marginLeft, y(v, top), chartWidth, marginLeft-6, y(v, top)+4, v)
	}
	for _, f := range sizes {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%d</text>\n",
			x(f, sizes), marginTop+chartHeight+18, f.Members)
	}
	for i, s := range p.series {
		var path strings.Builder
		for j, f := range sizes {
			fmt.Fprintf(&path, "%c%.1f %.1f", "ML"[min(j, 1)], x(f, sizes), y(s.value(f), top))
		}
		fmt.Fprintf(b, "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", path.String(), s.colour)
		fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n",
			marginLeft+8, marginTop+12+16*i, s.colour, html.EscapeString(s.name))
	}
	fmt.Fprintf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">members</text>\n",
		marginLeft+chartWidth/2, marginTop+chartHeight+38)
}

// top is a round number that no figure of p exceeds.
func (p panel) top(sizes []Figures) float64 {
	largest := 0.0
	for _, s := range p.series {
		for _, f := range sizes {
			largest = max(largest, s.value(f))
		}
	}
	unit := math.Pow(10, math.Floor(math.Log10(max(largest, 1e-6))))
	for _, m := range []float64{1, 2, 4, 8} {
		if largest <= m*unit {
			return m * unit
		}
	}
	return 10 * unit
}

// x places the number of members on a scale of logarithms.
func x(f Figures, sizes []Figures) float64 {
	first, last := math.Log(float64(sizes[0].Members)), math.Log(float64(sizes[len(sizes)-1].Members))
	return marginLeft + chartWidth*(math.Log(float64(f.Members))-first)/(last-first)
}

func y(v, top float64) float64 { return marginTop + chartHeight*(1-v/top) }
