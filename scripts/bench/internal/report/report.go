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
}

// AtLeast is the goal that got is want or more.
func AtLeast(what, unit string, got, want float64) Goal {
	return Goal{What: what, Want: "≥ " + number(want) + unit, Got: number(got) + unit, Met: got >= want}
}

// AtMost is the goal that got is want or less.
func AtMost(what, unit string, got, want float64) Goal {
	return Goal{What: what, Want: "≤ " + number(want) + unit, Got: number(got) + unit, Met: got <= want}
}
