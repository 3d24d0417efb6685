package membership

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// logBurst is how many lines of each level a second may take: a stranger's packets are worth a line each, otherwise.
const logBurst = 20

// strangerMarks are what memberlist says of packets and streams that have another label or key, or none, or that no
// member would send.
var strangerMarks = [...]string{
	"unacceptable label",
	"Decrypt packet failed",
	"no installed keys could decrypt",
	"remote state is encrypted and encryption is not configured",
	"encryption is configured but remote state is not encrypted",
	"Failed to decode",
	"not supported",
}

// repeatedMarks are what memberlist says of things that this package logs in its own words, once.
var repeatedMarks = [...]string{
	"ignoring alive message for",
	"Conflicting address for",
}

// gossipLog takes memberlist's log lines, such as "[WARN] memberlist: text", and passes them on. It counts strangers by
// them as well, for memberlist tells of those in no other way.
type gossipLog struct {
	log       zerolog.Logger
	strangers atomic.Uint64
	silent    atomic.Bool // set at Close: a timer of memberlist may still have something to say
}

func newGossipLog(l zerolog.Logger) *gossipLog {
	return &gossipLog{log: limited(l)}
}

// limited returns l with a limit to the lines per second.
func limited(l zerolog.Logger) zerolog.Logger {
	burst := func() zerolog.Sampler { return &zerolog.BurstSampler{Burst: logBurst, Period: time.Second} }
	return l.Sample(zerolog.LevelSampler{
		DebugSampler: burst(), InfoSampler: burst(), WarnSampler: burst(), ErrorSampler: burst(),
	})
}

// Write logs one line: at its level if it tells of a stranger, else for debugging, since this package says in its own words
// what becomes of members.
func (g *gossipLog) Write(line []byte) (int, error) {
	if g.silent.Load() || contains(line, repeatedMarks[:]) {
		return len(line), nil
	}
	level, text := parseLine(line)
	if contains(line, strangerMarks[:]) {
		g.strangers.Add(1)
	} else {
		level = zerolog.DebugLevel
	}
	g.log.WithLevel(level).Bytes("gossip", text).Msg("memberlist")
	return len(line), nil
}

func contains(line []byte, marks []string) bool {
	for _, mark := range marks {
		if bytes.Contains(line, []byte(mark)) {
			return true
		}
	}
	return false
}

// parseLine splits a line of memberlist's log into its level and its text.
func parseLine(line []byte) (zerolog.Level, []byte) {
	line = bytes.TrimSpace(line)
	level := zerolog.InfoLevel
	if prefix, rest, ok := bytes.Cut(line, []byte("] ")); ok && len(prefix) > 0 && prefix[0] == '[' {
		level, line = levelOf(string(prefix[1:])), rest
	}
	return level, bytes.TrimPrefix(line, []byte("memberlist: "))
}

func levelOf(prefix string) zerolog.Level {
	switch prefix {
	case "DEBUG":
		return zerolog.DebugLevel
	case "WARN":
		return zerolog.WarnLevel
	case "ERR", "ERROR":
		return zerolog.ErrorLevel
	}
	return zerolog.InfoLevel
}
