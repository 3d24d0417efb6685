// Package report keeps what a benchmark found, prints it, and writes it as JSON, plots and the tables of a document.
package report

import "time"

// Report is what one run of one benchmark found.
type Report struct {
	Name    string    `json:"name"`    // of the benchmark's command
	Title   string    `json:"title"`   // what was measured, in a line
	Command string    `json:"command"` // that does it again
	Taken   time.Time `json:"taken"`
	Host    Host      `json:"host"`

	Tables []Table `json:"tables"`
	Goals  []Goal  `json:"goals,omitempty"`

	// Profiles tell where this project spends its time; a document has them in a section of their own.
	Profiles []Table `json:"profiles,omitempty"`

	Plots []Plot `json:"plots,omitempty"`

	// Notes say how the figures came about, and what they do not show.
	Notes []string `json:"notes,omitempty"`
}

// Table is a table of figures. The first cell of a row names it.
type Table struct {
	Title   string   `json:"title"`
	Columns []string `json:"columns"`
	Rows    [][]Cell `json:"rows"`
}

// Add appends a row.
func (t *Table) Add(cells ...Cell) { t.Rows = append(t.Rows, cells) }

// Goal is a figure that is to be reached, and the one that was.
type Goal struct {
	What string `json:"what"`
	Want string `json:"want"`
	Got  string `json:"got"`
	Met  bool   `json:"met"`

	figure place
}

// place is where the figure of a goal stands. The zero place is none.
type place struct{ table, row, column string }

// In says in which table the goal's figure stands, and where: by the table's title, the row's first cell and the column's name.
func (g Goal) In(table, row, column string) Goal {
	g.figure = place{table, row, column}
	return g
}

// verdict tells whether the goal was met.
func (g Goal) verdict() string {
	if g.Met {
		return "met"
	}
	return "short"
}

// AtLeast is the goal that got is want or more.
func AtLeast(what, unit string, got, want float64) Goal {
	return Goal{What: what, Want: "≥ " + number(want) + unit, Got: number(got) + unit, Met: got >= want}
}

// AtMost is the goal that got is want or less.
func AtMost(what, unit string, got, want float64) Goal {
	return Goal{What: what, Want: "≤ " + number(want) + unit, Got: number(got) + unit, Met: got <= want}
}
