package main

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// groupSetting is one group, as --group writes it: NAME=SIZE[,OPTION=VALUE]...
type groupSetting struct {
	name   string
	config node.GroupConfig // without a loader
	origin *origin.Config   // nil: the one for all groups
	place  string           // where it was given; empty for --group
}

// groupOptions are what may follow the size, for messages and help.
const groupOptions = "ttl, jitter, negative-ttl, stale-for, hot-ttl, replicas, load-timeout, max-loads, max-key, max-value, refresh-ahead, expose-errors"

// groupHelp explains them.
const groupHelp = `  ttl            how long a value lives that brings no life of its own; 0: until it is evicted (default 0)
  jitter         most by which a life is shortened at random, so that not all end together (default 0)
  negative-ttl   how long it is remembered that the origin has no such key (default 0)
  stale-for      how long an expired value is still served while it is loaded anew, or the origin fails (default 0)
  hot-ttl        how long a copy of another node's popular key is kept; 0: none is (default 5s)
  refresh-ahead  last part of a popular value's life in which it is loaded anew, before it expires; 0: never (default 0.1)
  replicas       how many nodes hold each key (default 1)
  load-timeout   longest that a load may take (default 10s)
  max-loads      most loads at a time; ten times as many wait, and more are refused (default 256)
  max-key        longest key (default 4KiB)
  max-value      largest value (default 64MiB)
  expose-errors  tell outside clients what the origin said when it failed (default false)`

func parseGroup(text string) (groupSetting, error) {
	first, options, more := strings.Cut(text, ",")
	name, size, ok := strings.Cut(first, "=")
	if !ok || name == "" {
		return groupSetting{}, fmt.Errorf("want NAME=SIZE[,OPTION=VALUE]..., such as scores=64MiB,ttl=5m")
	}
	g := groupSetting{name: name}
	var err error
	if err = setGroupOption(&g.config, "size", size); err != nil {
		return groupSetting{}, fmt.Errorf("size %q of group %s: %w", size, name, err)
	}
	if !more {
		return g, nil
	}
	given := map[string]bool{}
	for option := range strings.SplitSeq(options, ",") {
		key, value, _ := strings.Cut(option, "=")
		if given[key] || key == "size" {
			return groupSetting{}, fmt.Errorf("%s of group %s: given twice", key, name)
		}
		given[key] = true
		if err := setGroupOption(&g.config, key, value); err != nil {
			return groupSetting{}, fmt.Errorf("%s %q of group %s: %w", key, value, name, err)
		}
	}
	return g, nil
}

func setGroupOption(c *node.GroupConfig, key, value string) (err error) {
	switch key {
	case "size":
		c.MaxBytes, err = parseSize(math.MaxInt64)(value)
	case "ttl":
		c.TTL, err = parseLife(value)
	case "jitter":
		c.Jitter, err = parseLife(value)
	case "negative-ttl":
		c.NegativeTTL, err = parseLife(value)
	case "stale-for":
		c.StaleFor, err = parseLife(value)
	case "hot-ttl":
		c.HotTTL, err = parseHotTTL(value)
	case "replicas":
		c.Replicas, err = parseCount(node.MaxReplicas)(value)
	case "load-timeout":
		c.LoadTimeout, err = parseLimit(value)
	case "max-loads":
		c.MaxLoads, err = parseCount(math.MaxInt32)(value)
	case "max-key":
		c.MaxKeyBytes, err = parseLength(value)
	case "max-value":
		c.MaxValueBytes, err = parseLength(value)
	case "refresh-ahead":
		c.RefreshAhead, err = parseAhead(value)
	case "expose-errors":
		c.ExposeErrors, err = parseBool(value)
	default:
		err = unknownOption{}
	}
	return err
}

// unknownOption is the error of an option that no group has.
type unknownOption struct{}

func (unknownOption) Error() string { return "no such option: there are " + groupOptions }

// parseHotTTL parses 0 as "keep none", which node.GroupConfig writes as a negative number because its zero is the
// default.
func parseHotTTL(text string) (time.Duration, error) {
	d, err := parseLife(text)
	if err == nil && d == 0 {
		d = -1
	}
	return d, err
}

// parseAhead parses 0 as "never", which node.GroupConfig writes as a negative number as well.
func parseAhead(text string) (float64, error) {
	part, err := parseNumber(0.5)(text)
	if err == nil && part == 0 {
		part = -1
	}
	return part, err
}

func parseLength(text string) (int, error) {
	n, err := parseSize(math.MaxInt32)(text)
	return int(n), err
}

// groupsFlag is the flag --group, which may be given more than once. As one text, in the environment, groups are
// separated by semicolons, because commas separate their options.
type groupsFlag struct{ to *[]groupSetting }

// Set adds the groups of text.
func (f groupsFlag) Set(text string) error {
	for one := range strings.SplitSeq(text, ";") {
		if err := f.Append(strings.TrimSpace(one)); err != nil {
			return err
		}
	}
	return nil
}

// Append adds one group.
func (f groupsFlag) Append(text string) error {
	g, err := parseGroup(text)
	if err != nil {
		return err
	}
	for _, other := range *f.to {
		if other.name == g.name {
			return fmt.Errorf("group %s is given twice: give it once", g.name)
		}
	}
	*f.to = append(*f.to, g)
	return nil
}

// Replace makes texts all there is, one group each.
func (f groupsFlag) Replace(texts []string) error {
	*f.to = nil
	for _, text := range texts {
		if err := f.Append(text); err != nil {
			return err
		}
	}
	return nil
}

// GetSlice returns the groups' names.
func (f groupsFlag) GetSlice() []string {
	var names []string
	for _, g := range *f.to {
		names = append(names, g.name)
	}
	return names
}

// String returns the groups' names.
func (f groupsFlag) String() string { return strings.Join(f.GetSlice(), ",") }

// Type returns what help calls the argument.
func (f groupsFlag) Type() string { return "NAME=SIZE[,OPTION=VALUE]..." }
