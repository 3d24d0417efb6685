package main

import (
	"fmt"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// origins makes the origins of the groups. Those that have none of their own share one.
type origins struct {
	settings
	log    zerolog.Logger
	shared origin.Origin // nil until it is asked for
	failed bool          // it cannot be, which was said
}

func originsOf(s settings, log zerolog.Logger) *origins { return &origins{settings: s, log: log} }

// originOf is what is said of a group's origin.
func (s settings) originOf(g groupSetting) origin.Config {
	if g.origin != nil {
		return *g.origin
	}
	config := s.originOptions
	config.Spec = s.origin
	return config
}

// loader returns what loads a group's keys.
func (o *origins) loader(g groupSetting) (node.Loader, error) {
	from, place, err := o.of(g)
	if from == nil || err != nil {
		return nil, err
	}
	limit := g.config.MaxValueBytes
	if limit == 0 {
		limit = node.DefaultMaxValueBytes
	}
	load, err := from.Loader(g.name, limit)
	if err != nil {
		return nil, usagef("%s: %w", place, err)
	}
	return load, nil
}

// of returns a group's origin, and where it was given. It is nil where the shared one cannot be, which was said already.
func (o *origins) of(g groupSetting) (from origin.Origin, place string, err error) {
	config := o.originOf(g)
	if g.origin != nil {
		place = g.where() + "." + originKey
		if from, err = origin.New(config, o.log); err != nil {
			err = usagef("%s %q: %w", place, config.Spec, err)
		}
		return from, place, err
	}
	place = fmt.Sprintf("%s %q", o.place(originKey), config.Spec)
	if o.shared == nil && !o.failed {
		if o.shared, err = origin.New(config, o.log); err != nil {
			o.failed = true
			return nil, place, usagef("%s: %w", place, err)
		}
	}
	return o.shared, place, nil
}
