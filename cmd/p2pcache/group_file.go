package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
)

// Keys of the file that are mappings.
const (
	groupsKey = "groups"
	originKey = "origin"
)

// originOptions are the keys of an origin's mapping, for messages.
const originOptions = "url, headers, timeout, retries, retry-budget, revalidate"

// fillGroups reads groups: a mapping of names to mappings of options. A flag or a variable replaces them all.
func (s *settings) fillGroups(flags *pflag.FlagSet, path string, e entry) []error {
	r := fileReader{path: path}
	groups := r.groups(e)
	switch {
	case len(r.errs) > 0:
		return r.errs
	case strings.HasPrefix(s.places["group"], path+":"):
		return []error{usagef("%s:%d: %s: group is given as well: write all groups here", path, e.line, e.key)}
	case !s.isGiven(flags, "group"):
		s.groups = groups
	}
	return nil
}

// fillOrigin reads origin as a mapping.
func (s *settings) fillOrigin(flags *pflag.FlagSet, path string, e entry) []error {
	r := fileReader{path: path}
	config := r.origin(e)
	if len(r.errs) == 0 && !s.isGiven(flags, originKey) {
		s.origin, s.originOptions = config.Spec, config
		s.places[originKey] = fmt.Sprintf("%s:%d: %s", path, e.line, e.key)
	}
	return r.errs
}

// fileReader reads mappings of a file, and collects what is wrong with them.
type fileReader struct {
	path string
	errs []error
}

func (r *fileReader) fail(e entry, err error) {
	if err != nil {
		r.errs = append(r.errs, usagef("%s:%d: %s: %w", r.path, e.line, e.key, err))
	}
}

// entries are those of a mapping, each with the keys before its own.
func (r *fileReader) entries(e entry, want string) []entry {
	value := resolved(e.value)
	if value.Kind != yaml.MappingNode {
		r.fail(e, errors.New("want "+want))
		return nil
	}
	entries, err := entriesOf(value)
	if err != nil {
		r.fail(e, err)
	}
	for i := range entries {
		entries[i].key = e.key + "." + entries[i].key
	}
	return entries
}

// last is an entry's own key.
func (e entry) last(parent entry) string { return strings.TrimPrefix(e.key, parent.key+".") }

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// scalar is an entry's text.
func (r *fileReader) scalar(e entry) (string, bool) {
	value := resolved(e.value)
	if value.Kind != yaml.ScalarNode || value.Tag == "!!null" {
		r.fail(e, errors.New("want one value"))
		return "", false
	}
	return value.Value, true
}

func (r *fileReader) groups(e entry) (groups []groupSetting) {
	all := r.entries(e, "a mapping of groups, such as pages: {size: 64MiB}")
	for _, group := range all {
		groups = append(groups, r.group(group, group.last(e)))
	}
	return groups
}

func (r *fileReader) group(e entry, name string) groupSetting {
	g := groupSetting{name: name, place: fmt.Sprintf("%s:%d: %s", r.path, e.line, e.key)}
	sized := false
	for _, option := range r.entries(e, "options, such as {size: 64MiB, ttl: 5m}") {
		key := option.last(e)
		if key == originKey {
			g.origin = new(r.origin(option))
			continue
		}
		sized = sized || key == "size"
		if text, ok := r.scalar(option); ok {
			err := setGroupOption(&g.config, key, text)
			if _, unknown := errors.AsType[unknownOption](err); unknown {
				err = errors.New("no such option: there are size, origin, " + groupOptions)
				r.fail(option, err)
				continue
			}
			r.fail(option, errorAt(err, text))
		}
	}
	if !sized {
		r.fail(e, errors.New("no size: say how much memory it may take, such as size: 64MiB"))
	}
	return g
}

// origin reads an origin: its spec alone, or a mapping.
func (r *fileReader) origin(e entry) (c origin.Config) {
	if resolved(e.value).Kind == yaml.ScalarNode {
		c.Spec, _ = r.scalar(e)
		return c
	}
	for _, option := range r.entries(e, origin.Specs+", or a mapping with url") {
		if option.last(e) == "headers" {
			c.Headers = r.headers(option)
			continue
		}
		if text, ok := r.scalar(option); ok {
			r.fail(option, errorAt(setOriginOption(&c, option.last(e), text), text))
		}
	}
	if c.Spec == "" {
		r.fail(e, errors.New("no url: say where values come from: "+origin.Specs))
	}
	return c
}

func (r *fileReader) headers(e entry) map[string]string {
	headers := map[string]string{}
	for _, header := range r.entries(e, "header fields, such as {Authorization: 'Bearer ${TOKEN}'}") {
		if text, ok := r.scalar(header); ok {
			headers[header.last(e)] = text
		}
	}
	return headers
}

func setOriginOption(c *origin.Config, key, value string) (err error) {
	switch key {
	case "url":
		c.Spec = value
	case "timeout":
		c.Timeout, err = parseLimit(value)
	case "retries":
		c.Retries, err = parseRetries(value)
	case "retry-budget":
		c.RetryBudget, err = parseBudget(value)
	case "revalidate":
		c.RevalidateBytes, err = parseRevalidate(value)
	default:
		err = fmt.Errorf("no such option: there are %s", originOptions)
	}
	return err
}

// parseRetries parses 0 as "never", which origin.Config writes as a negative number because its zero is the default.
func parseRetries(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > origin.MaxRetries {
		return 0, fmt.Errorf("want a whole number from 0 to %d", origin.MaxRetries)
	}
	if n == 0 {
		return -1, nil
	}
	return n, nil
}

// parseBudget parses a part of the requests, as in 0.1 or 10%.
func parseBudget(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if percent {
		n /= 100
	}
	if err != nil || !(n > 0 && n <= 1) {
		return 0, errors.New("want a part such as 10%, up to 100%; retries: 0 is none")
	}
	return n, nil
}

// parseRevalidate parses a size, and 0 as none.
func parseRevalidate(text string) (int64, error) {
	if text == "0" {
		return -1, nil
	}
	return parseSize(1 << 40)(text)
}
