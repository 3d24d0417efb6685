package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// tablesAlone is the Settings.Profile of who wants no files.
const tablesAlone = "-"

// Settings are what all benchmarks are told by flags.
type Settings struct {
	Dir   string // where text, JSON and plots go; none are written if empty
	Quick bool   // short runs, whose figures only show that all works
	Runs  int    // of which medians are taken

	// Profile has this project's processor time looked into as well: "-" for tables alone, or the folder where the profiles are kept.
	Profile string
}

// AddTo adds the flags to a set.
func (s *Settings) AddTo(flags *pflag.FlagSet) {
	flags.StringVar(&s.Dir, "out", "", "write text, JSON and plots into this folder")
	flags.BoolVar(&s.Quick, "quick", false, "short runs, to see that all works")
	flags.StringVar(&s.Profile, "profile", "", "tell in tables where local, remote and store spend their time, and with =`DIR` keep the profiles there, for go tool pprof")
	flags.Lookup("profile").NoOptDefVal = tablesAlone
	flags.IntVar(&s.Runs, "runs", 0, "runs of each contender, of which medians are taken (default 5, or 3 with --quick)")
}

// Rounds is how often each contender is run.
func (s *Settings) Rounds() int {
	switch {
	case s.Runs > 0:
		return s.Runs
	case s.Quick:
		return 3
	}
	return 5
}

// Span is how long one run takes.
func (s *Settings) Span() time.Duration {
	if s.Quick {
		return 200 * time.Millisecond
	}
	return time.Second
}

// ProfileSpan is how long a profile is taken, 100 times a second on each busy core.
func (s *Settings) ProfileSpan() time.Duration { return 5 * s.Span() }

// ProfileFile is the name of the file for a profile; empty if none is kept.
func (s *Settings) ProfileFile(name string) string {
	if s.Profile == tablesAlone {
		return ""
	}
	return filepath.Join(s.Profile, name+".pprof")
}

// Finish prints r and, where a folder is set, writes it there as text, as JSON and with its plots.
func (s *Settings) Finish(r Report, out io.Writer) error {
	r.Taken, r.Command = time.Now().UTC().Truncate(time.Second), command(os.Args[1:])
	if err := r.mark(); err != nil {
		return err
	}
	r.WriteText(out)
	if s.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	for _, p := range r.Plots {
		if err := p.save(s.Dir); err != nil {
			return err
		}
	}
	encoded, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("encode %s: %w", r.Name, err)
	}
	var text bytes.Buffer
	r.WriteText(&text)
	return errors.Join(
		os.WriteFile(filepath.Join(s.Dir, r.Name+".json"), append(encoded, '\n'), 0o644),
		os.WriteFile(filepath.Join(s.Dir, r.Name+".txt"), text.Bytes(), 0o644),
	)
}

// command is what does it again: folders are the reader's own.
func command(args []string) string {
	words := []string{"scripts/bench.sh"}
	for i := 0; i < len(args); i++ {
		name, value, joined := strings.Cut(args[i], "=")
		if !joined && (name == "--out" || name == "--trace") && i+1 < len(args) {
			i++
			value = args[i]
		}
		switch name {
		case "--out":
		case "--profile":
			words = append(words, name)
		case "--trace":
			words = append(words, name, filepath.Base(value))
		default:
			words = append(words, args[i])
		}
	}
	return strings.Join(words, " ")
}
