package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// section is what stands in a document between the markers of a benchmark.
var section = regexp.MustCompile(`(?s)<!-- bench ([a-z]+) -->\n.*?<!-- end -->`)

// Fill writes into the document, between the markers "<!-- bench NAME -->" and "<!-- end -->", what NAME.json in dir says.
// Sections without a file stay as they are.
func Fill(document, dir string) error {
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	pictures, err := filepath.Rel(filepath.Dir(document), dir)
	if err != nil {
		return err
	}
	var errs []error
	filled := section.ReplaceAllFunc(text, func(old []byte) []byte {
		name := string(section.FindSubmatch(old)[1])
		r, err := Load(filepath.Join(dir, name+".json"))
		if errors.Is(err, fs.ErrNotExist) {
			return old
		} else if err != nil {
			errs = append(errs, err)
			return old
		}
		return []byte("<!-- bench " + name + " -->\n" + r.Markdown(pictures) + "<!-- end -->")
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.WriteFile(document, filled, 0o644)
}

// Load reads a report that Finish wrote.
func Load(file string) (Report, error) {
	var r Report
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// Markdown is r as part of a document, whose plots are in the folder pictures.
func (r Report) Markdown(pictures string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "`%s`, %s, %s, %d cores, %s", r.Command, r.Taken.Format("2006-01-02 15:04 MST"), r.Host.CPU, r.Host.Cores, r.Host.Go)
	if r.Host.Commit != "" {
		fmt.Fprintf(&b, ", commit %s", r.Host.Commit)
	}
	b.WriteString("\n\n")
	for _, t := range r.Tables {
		fmt.Fprintf(&b, "**%s**\n\n", t.Title)
		t.writeMarkdown(&b)
	}
	if len(r.Goals) > 0 {
		b.WriteString("**Goals**\n\n")
		goalTable(r.Goals).writeMarkdown(&b)
	}
	for _, p := range r.Plots {
		fmt.Fprintf(&b, "![%s](%s)\n\n", p.Title, filepath.ToSlash(filepath.Join(pictures, p.File)))
	}
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "- %s\n", note)
	}
	return b.String()
}

func (t Table) writeMarkdown(b *bytes.Buffer) {
	for i, line := range t.lines() {
		fmt.Fprintf(b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			b.WriteString("|---" + strings.Repeat("|---:", len(t.Columns)-1) + "|\n")
		}
	}
	b.WriteString("\n")
}
