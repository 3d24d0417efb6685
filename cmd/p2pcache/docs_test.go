package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// manual reads a Markdown file of the repository.
func manual(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// found are the first groups of all matches, sorted, each once.
func found(pattern, text string) (all []string) {
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(text, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// without are those of all that are not among some.
func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

func TestTheManualHasTheMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 2)
	for _, p := range nodes {
		p.want(value("scores", "Tom"), reply{http.StatusOK, "630"}) // one asks the other
	}
	var served []string
	for _, p := range nodes {
		served = append(served, found(`(?m)^# TYPE (p2pcache_\w+) `, p.ask(http.MethodGet, "/metrics", "").body)...)
	}
	explained := found("(?m)^\\| `(p2pcache_\\w+)` \\|", manual(t, "docs/operations.md"))
	if missing := without(served, explained); len(missing) > 0 {
		t.Errorf("docs/operations.md does not explain %q", missing)
	}
	if gone := without(explained, served); len(gone) > 0 {
		t.Errorf("docs/operations.md explains %q, and no node has it", gone)
	}
}

func TestTheManualsNameFlagsThatThereAre(t *testing.T) {
	t.Parallel()
	const flag = `(?:^|[^-\w])--([a-z][a-z-]+)`
	serve := p2p("", "serve", "--help").out
	known := found(flag, serve)
	for _, command := range found(`(?m)^  (\w+) +[A-Z]`, p2p("", "--help").out) {
		known = append(known, found(flag, p2p("", command, "--help").out)...)
	}
	for _, name := range []string{"README.md", "docs/operations.md"} {
		if unknown := without(found(flag, manual(t, name)), known); len(unknown) > 0 {
			t.Errorf("%s names flags %q, which no command has", name, unknown)
		}
	}
	settings := without(found(`(?m)^      --([a-z-]+)`, serve), []string{"help"})
	if missing := without(settings, found(flag, manual(t, "docs/operations.md"))); len(missing) > 0 {
		t.Errorf("docs/operations.md does not name --%s", strings.Join(missing, ", --"))
	}
}

func TestTheManualNamesTheOptionsOfGroups(t *testing.T) {
	t.Parallel()
	_, refusal, _ := strings.Cut(p2p("", "serve", "--group", "a=1,nosuch=1").err, "no such option: there are")
	options := found(`([a-z]+-?[a-z]+)(?:,|\n)`, refusal)
	if len(options) < 10 {
		t.Fatalf("the options of a group are %q", options)
	}
	if missing := without(options, found(`(?m)^  ([a-z-]+) +[a-z]`, p2p("", "serve", "--help").out)); len(missing) > 0 {
		t.Errorf("serve's help does not explain %q", missing)
	}
	limits := found("\\| `([a-z-]+)`", manual(t, "docs/operations.md"))
	if missing := without(options, limits); len(missing) > 0 {
		t.Errorf("docs/operations.md has no limit for %q", missing)
	}
}
