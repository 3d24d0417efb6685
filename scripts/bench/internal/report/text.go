package report

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteText prints r for a terminal.
func (r Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s: %s\n%s, %d cores, %s, %s\n", r.Name, r.Title, r.Host.CPU, r.Host.Cores, r.Host.OS, r.Host.Go)
	for _, t := range append(r.Tables[:len(r.Tables):len(r.Tables)], r.Profiles...) {
		fmt.Fprintf(w, "\n%s\n", t.Title)
		t.writeText(w)
	}
	if len(r.Goals) > 0 {
		fmt.Fprintf(w, "\nGoals\n")
		goalTable(r.Goals).writeText(w)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
}

func goalTable(goals []Goal) Table {
	t := Table{Columns: []string{"goal", "want", "got", ""}}
	for _, g := range goals {
		t.Add(Text(g.What), Text(g.Want), Text(g.Got), Text(g.verdict()))
	}
	return t
}

// lines are the table's header and rows as text.
func (t Table) lines() [][]string {
	lines := [][]string{t.Columns}
	for _, row := range t.Rows {
		var line []string
		for _, c := range row {
			line = append(line, c.Text)
		}
		lines = append(lines, line)
	}
	return lines
}

func (t Table) writeText(w io.Writer) {
	lines := t.lines()
	widths := make([]int, len(t.Columns))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		for i, cell := range line {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				fmt.Fprint(w, cell, pad)
			} else {
				fmt.Fprint(w, "  ", pad, cell)
			}
		}
		fmt.Fprintln(w)
	}
}
