package report

import (
	"math"
	"strconv"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/sample"
)

// Cell is one cell of a table: words, or a figure with its spread.
type Cell struct {
	Text  string  `json:"text"`
	Value float64 `json:"value,omitempty"`
	Low   float64 `json:"low,omitempty"`
	High  float64 `json:"high,omitempty"`
}

// Text is a cell of words.
func Text(s string) Cell { return Cell{Text: s} }

// None is a cell for what cannot be measured.
func None() Cell { return Text("–") }

// Figure is a cell of one figure.
func Figure(v float64) Cell { return Cell{Text: number(v), Value: v} }

// Fixed is a cell of one figure with so many decimals.
func Fixed(v float64, decimals int) Cell {
	return Cell{Text: strconv.FormatFloat(v, 'f', decimals, 64), Value: v}
}

// Times is a cell of a ratio.
func Times(v float64) Cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return None()
	}
	return Cell{Text: number(v) + " ×", Value: v}
}

// Spread is a cell of the median of several runs, with the least and the greatest.
func Spread(s sample.Sample) Cell {
	if len(s) == 0 {
		return None()
	}
	c := Cell{Value: s.Median(), Low: s.Min(), High: s.Max()}
	c.Text = number(c.Value)
	if len(s) > 1 {
		c.Text += " (" + number(c.Low) + "–" + number(c.High) + ")"
	}
	return c
}

// number writes three significant digits, and thousands as k and M.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a == 0:
		return "0"
	case a >= 999_500:
		return significant(v/1e6) + "M"
	case a >= 9_995:
		return significant(v/1e3) + "k"
	}
	return significant(v)
}

func significant(v float64) string {
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(decimals, 0), 4), 64)
}
