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

// Sections of what all benchmarks found.
const (
	allGoals    = "goals"
	allProfiles = "profiles"
)

// Fill writes into the document, between the markers "<!-- bench NAME -->" and "<!-- end -->", what NAME.json in dir says, and in
// the sections called goals and profiles those of all. Sections without a file stay as they are.
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
		content, err := sectionOf(name, dir, pictures)
		if err != nil || content == "" {
			errs = append(errs, err)
			return old
		}
		return []byte("<!-- bench " + name + " -->\n" + content + "<!-- end -->")
	})
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return os.WriteFile(document, filled, 0o644)
}

// sectionOf is the content of a section; empty if there is none.
func sectionOf(name, dir, pictures string) (string, error) {
	switch name {
	case allGoals:
		return goalsOf(dir)
	case allProfiles:
		return profilesOf(dir)
	}
	r, err := Load(filepath.Join(dir, name+".json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	} else if err != nil {
		return "", err
	}
	return r.Markdown(pictures), nil
}

// goalsOf is a table of the goals of all reports in dir.
func goalsOf(dir string) (string, error) {
	all, err := loadAll(dir)
	if err != nil {
		return "", err
	}
	var goals []Goal
	for _, r := range all {
		for _, g := range r.Goals {
			g.What = fmt.Sprintf("[%s](#%s): %s", r.Name, r.Name, g.What)
			goals = append(goals, g)
		}
	}
	var b bytes.Buffer
	goalTable(goals).writeMarkdown(&b)
	return b.String(), nil
}

// profilesOf is the profiles of all reports in dir, each with how it was taken.
func profilesOf(dir string) (string, error) {
	all, err := loadAll(dir)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	for _, r := range all {
		if len(r.Profiles) > 0 {
			r.writeSource(&b)
		}
		for _, t := range r.Profiles {
			t.writeMarkdown(&b)
		}
	}
	return b.String(), nil
}

func loadAll(dir string) (all []Report, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		r, err := Load(file)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, nil
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
	r.writeSource(&b)
	if peers := r.Host.versions(); peers != "" {
		fmt.Fprintf(&b, "Beside %s.\n\n", peers)
	}
	for _, t := range r.Tables {
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

// writeSource says by what command, when and where the figures were taken.
func (r Report) writeSource(b *bytes.Buffer) {
	fmt.Fprintf(b, "`%s`, %s, %s, %d cores, %s", r.Command, r.Taken.Format("2006-01-02 15:04 MST"), r.Host.CPU, r.Host.Cores, r.Host.Go)
	if r.Host.Commit != "" {
		fmt.Fprintf(b, ", commit %s", r.Host.Commit)
	}
	b.WriteString(".\n\n")
}

func (t Table) writeMarkdown(b *bytes.Buffer) {
	if t.Title != "" {
		fmt.Fprintf(b, "**%s**\n\n", t.Title)
	}
	for i, line := range t.lines() {
		fmt.Fprintf(b, "| %s |\n", strings.Join(line, " | "))
		if i == 0 {
			b.WriteString("|---" + strings.Repeat("|---:", len(t.Columns)-1) + "|\n")
		}
	}
	b.WriteString("\n")
}
