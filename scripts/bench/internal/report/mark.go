package report

import (
	"fmt"
	"slices"
)

// mark writes each goal beside its figure: how much was wanted, and whether that was met.
func (r *Report) mark() error {
	for _, g := range r.Goals {
		if g.figure == (place{}) {
			continue
		}
		c := r.cell(g.figure)
		if c == nil {
			return fmt.Errorf("%s: the figure of %q is not in the tables: %+v", r.Name, g.What, g.figure)
		}
		c.Text += " (" + g.Want + ": " + g.verdict() + ")"
	}
	return nil
}

// cell is the cell at a place; nil if there is none.
func (r *Report) cell(at place) *Cell {
	i := slices.IndexFunc(r.Tables, func(t Table) bool { return t.Title == at.table })
	if i < 0 {
		return nil
	}
	t := r.Tables[i]
	row := slices.IndexFunc(t.Rows, func(cells []Cell) bool { return cells[0].Text == at.row })
	column := slices.Index(t.Columns, at.column)
	if row < 0 || column < 0 {
		return nil
	}
	return &t.Rows[row][column]
}
