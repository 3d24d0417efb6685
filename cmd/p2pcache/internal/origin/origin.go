// Package origin reads values from where they are kept: a demonstration's table, an HTTP service or a directory of files.
//
// An origin is named on the command line by a short text, its spec, which New understands.
package origin

import (
	"fmt"
	"strings"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/node"
)

// Origin is where the values of all groups come from. It is safe for concurrent use.
type Origin interface {
	// Loader returns what loads group's keys: nil where there is nothing to load from, so that the group holds only what
	// is put. Loads of a value longer than maxValueBytes fail with node.ErrTooLarge. An error says that this origin cannot
	// serve such a group.
	Loader(group string, maxValueBytes int) (node.Loader, error)
}

// Specs lists the forms that New understands, for messages and help.
const Specs = "demo, none, file:DIR or http://HOST/PATH/{group}/{key}"

// New returns an origin, whose failures are logged to log, as are all loads of the demonstration origin.
func New(c Config, log zerolog.Logger) (Origin, error) {
	from, err := parse(c, log)
	if err != nil {
		return nil, err
	}
	return logging{from, log}, nil
}

// parse returns the origin that c names.
func parse(c Config, log zerolog.Logger) (Origin, error) {
	spec := c.Spec
	c = c.withDefaults()
	if err := c.validate(); err != nil {
		return nil, err
	}
	switch {
	case spec == "demo":
		return demo{log}, nil
	case spec == "none":
		return none{}, nil
	case strings.HasPrefix(spec, "file:"):
		return parseFile(strings.TrimPrefix(spec, "file:"))
	case strings.HasPrefix(spec, "http://"), strings.HasPrefix(spec, "https://"):
		return parseHTTP(c)
	}
	return nil, fmt.Errorf("no such origin: want %s", Specs)
}

// none is the origin of a group that is filled by its callers alone.
type none struct{}

func (none) Loader(string, int) (node.Loader, error) { return nil, nil }
