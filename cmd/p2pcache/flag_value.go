package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/rs/zerolog"
)

// parsed is a flag whose text a function parses, so that a bad one is refused with what to write instead, wherever it
// was given: on the command line, in the environment or in a file.
type parsed[T any] struct {
	to    *T
	parse func(string) (T, error)
	kind  string // what help calls the argument
	text  string // as it was given, or the default
}

// parsedVar returns a flag that parses into to, which must hold the default that text writes.
func parsedVar[T any](to *T, text, kind string, parse func(string) (T, error)) *parsed[T] {
	return &parsed[T]{to: to, parse: parse, kind: kind, text: text}
}

// Set parses text.
func (p *parsed[T]) Set(text string) error {
	v, err := p.parse(text)
	if err != nil {
		return err
	}
	*p.to, p.text = v, text
	return nil
}

// String returns the text that was parsed.
func (p *parsed[T]) String() string { return p.text }

// Type returns the kind of argument.
func (p *parsed[T]) Type() string { return p.kind }

func parseBool(text string) (bool, error) {
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("want true or false")
	}
	return v, nil
}

// parseCount returns a parser of whole numbers from 1 to most.
func parseCount(most int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			return 0, fmt.Errorf("want a whole number from 1 to %d", most)
		}
		return n, nil
	}
}

// parseLife parses a duration of zero or more.
func parseLife(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, errors.New("want a duration such as 500ms, 30s or 5m")
	}
	return d, nil
}

// parseLimit parses a duration of more than zero.
func parseLimit(text string) (time.Duration, error) {
	d, err := parseLife(text)
	if err == nil && d == 0 {
		err = errors.New("want a duration of more than 0, such as 500ms, 30s or 5m")
	}
	return d, err
}

// parseSize returns a parser of sizes from 1 byte to most.
func parseSize(most int64) func(string) (int64, error) {
	return func(text string) (int64, error) {
		n, err := humanize.ParseBytes(text)
		if err != nil || n == 0 || n > uint64(most) {
			return 0, fmt.Errorf("want a size such as 64MiB, 64MB or 1000000, up to %s", humanize.IBytes(uint64(most)))
		}
		return int64(n), nil
	}
}

// oneOf returns a parser that accepts the words of a space-separated list.
func oneOf(words string) func(string) (string, error) {
	return func(text string) (string, error) {
		for word := range strings.FieldsSeq(words) {
			if text == word {
				return text, nil
			}
		}
		return "", fmt.Errorf("want one of: %s", words)
	}
}

const logLevels = "trace debug info warn error disabled"

func parseLevel(text string) (zerolog.Level, error) {
	if _, err := oneOf(logLevels)(text); err != nil {
		return 0, err
	}
	return zerolog.ParseLevel(text)
}
