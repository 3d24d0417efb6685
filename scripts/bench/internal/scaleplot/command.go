// Package scaleplot draws what scripts/scale has simulated: how gossip grows with the members.
package scaleplot

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// Command returns the command that draws the figures in one file into another, as SVG.
func Command() *cobra.Command {
	return &cobra.Command{
		Use: "scaleplot FIGURES SVG", Short: "Draw what scripts/scale.sh has simulated", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			text, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			var s simulation
			if err := json.Unmarshal(text, &s); err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			dir, file := filepath.Split(args[1])
			return report.SaveRow(dir, file, s.plots()...)
		},
	}
}

// simulation is what scripts/scale writes, as far as it is drawn.
type simulation struct {
	Sizes []figures `json:"sizes"`
}

type figures struct {
	Members int           `json:"members"`
	Join    sample.Sample `json:"join"` // seconds
	Kill    sample.Sample `json:"kill"`
	Churn   float64       `json:"churn"`
	Idle    cost          `json:"idle"`
	Churned cost          `json:"churned"`
}

type cost struct {
	BytesPerSecond float64 `json:"bytes_per_second"`
	CPUPercent     float64 `json:"cpu_percent"`
}

func (s simulation) plots() []report.Plot {
	times := s.plot("Until all agree", "seconds")
	times.Series = []report.Line{
		s.line("after a join", func(f figures) float64 { return f.Join.Median() }),
		s.line("after a kill", func(f figures) float64 { return f.Kill.Median() }),
		s.line("after 10 % churn", func(f figures) float64 { return f.Churn }),
	}
	bytes := s.plot("Each member sends", "kB/s")
	bytes.Series = s.both(func(c cost) float64 { return c.BytesPerSecond / 1000 })
	cpu := s.plot("Each member's processor", "% of a core")
	cpu.Series = s.both(func(c cost) float64 { return c.CPUPercent })
	return []report.Plot{times, bytes, cpu}
}

func (s simulation) plot(title, unit string) report.Plot {
	return report.Plot{Title: title, X: "members", Y: unit, LogX: true, FromZero: true}
}

// both are the lines of a cost at rest and under churn.
func (s simulation) both(of func(cost) float64) []report.Line {
	return []report.Line{
		s.line("idle", func(f figures) float64 { return of(f.Idle) }),
		s.line("10 % churn in 10 s", func(f figures) float64 { return of(f.Churned) }),
	}
}

func (s simulation) line(name string, of func(figures) float64) report.Line {
	line := report.Line{Name: name}
	for _, f := range s.Sizes {
		line.Points = append(line.Points, report.Point{X: float64(f.Members), Y: of(f)})
	}
	return line
}
