package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// fillFromFile gives the settings that are still without a value those of a YAML file, whose keys are the flags' names. Groups
// and origins may be written out as mappings, under groups and origin.
func (s *settings) fillFromFile(flags *pflag.FlagSet, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return usagef("--%s: %w", configFlag, err)
	}
	entries, err := parseFile(text)
	if err != nil {
		return usagef("--%s %s: %w", configFlag, path, err)
	}
	var errs []error
	for _, e := range entries {
		errs = append(errs, s.fillEntry(flags, path, e)...)
	}
	return errors.Join(errs...)
}

func (s *settings) fillEntry(flags *pflag.FlagSet, path string, e entry) []error {
	place := fmt.Sprintf("%s:%d: %s", path, e.line, e.key)
	switch {
	case e.key == groupsKey:
		return s.fillGroups(flags, path, e)
	case e.key == originKey && e.value.Kind == yaml.MappingNode:
		return s.fillOrigin(flags, path, e)
	}
	given := s.isGiven(flags, e.key)
	if err := e.fill(flags); err != nil {
		return []error{usagef("%s: %w", place, err)}
	}
	if !given {
		s.places[e.key] = place
	}
	return nil
}

// isGiven reports whether a flag or a variable gave the setting.
func (s *settings) isGiven(flags *pflag.FlagSet, name string) bool {
	f := flags.Lookup(name)
	return f != nil && f.Changed
}

// entry is one key of the file.
type entry struct {
	key   string
	line  int
	value *yaml.Node
}

// parseFile returns the entries of a YAML document, which is a mapping, or empty.
func parseFile(text []byte) ([]entry, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var doc yaml.Node
	if err := decoder.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document: want one")
	}
	top := doc.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: want settings, such as listen: %s", top.Line, defaultListen)
	}
	return entriesOf(top)
}

func entriesOf(mapping *yaml.Node) ([]entry, error) {
	var entries []entry
	first := map[string]int{}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key := mapping.Content[i]
		if line, repeated := first[key.Value]; repeated {
			return nil, fmt.Errorf("line %d: %s is given twice: it is on line %d already", key.Line, key.Value, line)
		}
		first[key.Value] = key.Line
		entries = append(entries, entry{key.Value, key.Line, mapping.Content[i+1]})
	}
	return entries, nil
}

// fill sets the entry's flag, unless it has a value already.
func (e entry) fill(flags *pflag.FlagSet) error {
	f := flags.Lookup(e.key)
	if f == nil || e.key == configFlag {
		return fmt.Errorf("no such setting: there are %s", settingNames(flags))
	}
	value := e.value
	if value.Kind == yaml.AliasNode {
		value = value.Alias
	}
	switch {
	case value.Kind == yaml.ScalarNode && value.Tag == "!!null":
		return errors.New("no value: give one, or take the line out")
	case f.Changed:
		return nil
	case value.Kind == yaml.ScalarNode:
		return errorAt(setFlag(f, value.Value), value.Value)
	case value.Kind == yaml.SequenceNode:
		return setList(f, value.Content)
	}
	return errors.New("want a text, a number or a list")
}

func setList(f *pflag.Flag, items []*yaml.Node) error {
	list, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return errors.New("want one value, no list")
	}
	texts := make([]string, len(items))
	for i, item := range items {
		if item.Kind != yaml.ScalarNode {
			return errors.New("want a list of texts")
		}
		texts[i] = item.Value
	}
	f.Changed = true
	return errorAt(list.Replace(texts), strings.Join(texts, ", "))
}

// errorAt says which text err is about.
func errorAt(err error, text string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%q: %w", text, err)
}

func settingNames(flags *pflag.FlagSet) string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != configFlag {
			names = append(names, f.Name)
		}
	})
	names = append(names, groupsKey)
	slices.Sort(names)
	return strings.Join(names, ", ")
}
