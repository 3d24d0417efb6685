package main

import (
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
)

// Times in log lines: to the millisecond, in full in JSON and as the time of day on a console.
const (
	logTime     = "2006-01-02T15:04:05.000Z07:00"
	consoleTime = "15:04:05.000"
)

// newLogger returns a logger that writes to out, each line with the node's name.
func newLogger(out io.Writer, format string, level *logLevel, name *memberName) zerolog.Logger {
	if format == logConsole {
		out = zerolog.ConsoleWriter{
			Out: out, NoColor: !wantsColor(out), TimeFormat: consoleTime, FieldsOrder: []string{"node"},
		}
	}
	return zerolog.New(out).Hook(stamp{name, level})
}

// logLevel is the least that is logged, which may change. It is safe for concurrent use.
type logLevel struct{ now atomic.Int32 }

func newLogLevel(level zerolog.Level) *logLevel {
	l := &logLevel{}
	l.set(level)
	return l
}

func (l *logLevel) set(level zerolog.Level) { l.now.Store(int32(level)) }

func (l *logLevel) allows(level zerolog.Level) bool { return level >= zerolog.Level(l.now.Load()) }

// wantsColor follows no-color.org: colours are for terminals, unless NO_COLOR is set to something.
func wantsColor(out io.Writer) bool {
	return isTerminal(out) && os.Getenv("NO_COLOR") == ""
}

// isTerminal reports whether what is written to, or read from, is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && (isatty.IsTerminal(file.Fd()) || isatty.IsCygwinTerminal(file.Fd()))
}

// memberName is the name in log lines: what was asked for until the node knows its own. It is safe for concurrent use.
type memberName struct{ text atomic.Value }

func newMemberName(text string) *memberName {
	n := &memberName{}
	n.set(text)
	return n
}

func (n *memberName) set(text string) { n.text.Store(text) }

// stamp puts the time and the node's name on each line, and drops those below the level.
type stamp struct {
	name  *memberName
	level *logLevel
}

// Run adds the fields to e, or drops it.
func (s stamp) Run(e *zerolog.Event, level zerolog.Level, _ string) {
	if !s.level.allows(level) {
		e.Discard()
		return
	}
	e.Str(zerolog.TimestampFieldName, time.Now().Format(logTime)).Str("node", s.name.text.Load().(string))
}
