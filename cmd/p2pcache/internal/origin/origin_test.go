package origin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// limit is the longest value in these tests.
const limit = 1 << 10

func ExampleNew() {
	from, err := origin.New(origin.Config{Spec: "demo"}, zerolog.Nop())
	if err != nil {
		fmt.Println(err)
		return
	}
	load, err := from.Loader("scores", 1<<20)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := load(context.Background(), "Tom")
	fmt.Println(v, err)
	// Output: 630 <nil>
}

// loader returns the loader that spec gives group.
func loader(t testing.TB, spec, group string) node.Loader {
	t.Helper()
	from, err := origin.New(origin.Config{Spec: spec}, zerolog.Nop())
	if err != nil {
		t.Fatalf("Parse(%q): %v", spec, err)
	}
	load, err := from.Loader(group, limit)
	if err != nil {
		t.Fatalf("Loader(%q) of %q: %v", group, spec, err)
	}
	return load
}

func wantNotFound(t testing.TB, v node.Value, err error) {
	t.Helper()
	if !errors.Is(err, node.ErrNotFound) || v.Data != nil {
		t.Errorf("got %q and error %v, want not found", v.Data, err)
	}
}

func TestASpecThatNamesNoOriginIsRefusedWithTheForms(t *testing.T) {
	for spec, want := range map[string]string{
		"":                           origin.Specs,
		"redis://x":                  origin.Specs,
		"DEMO":                       origin.Specs,
		"file:":                      "file:/srv/values",
		"file:/srv/{key}":            "file:DIR alone",
		"http://h/p":                 "{key}",
		"http:///{key}":              "no host",
		"https://{group}.h/{key}":    "in the host",
		"http://u:{key}@h/":          "in the host",
		"http://h/{key}/{id}":        "unknown placeholder",
		"http://h/}{key}":            "unknown placeholder",
		"http://h/#{key}":            "fragment",
		"http://h:port/{key}":        "invalid port",
		"http://h/%zz/{key}":         "invalid URL escape",
		"http://user:pw@h/%zz/{key}": "invalid URL escape",
	} {
		_, err := origin.New(origin.Config{Spec: spec}, zerolog.Nop())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): error %v, want one with %q", spec, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "pw") {
			t.Errorf("Parse(%q): error %q tells the password", spec, err)
		}
	}
}

func TestNoneLoadsNothing(t *testing.T) {
	if load := loader(t, "none", "g"); load != nil {
		t.Error("the origin none has a loader, want none")
	}
}

func TestDemoKnowsThreeScoresAndLogsEachSearch(t *testing.T) {
	var log bytes.Buffer
	from, err := origin.New(origin.Config{Spec: "demo"}, zerolog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	load, err := from.Loader(origin.DemoGroup, limit)
	if err != nil {
		t.Fatal(err)
	}
	for player, want := range map[string]string{"Tom": "630", "Jack": "589", "Sam": "567"} {
		if v, err := load(t.Context(), player); err != nil || v.String() != want || v.TTL != 0 {
			t.Errorf("%s scored %q for %v, error %v; want %q without a life of its own", player, v, v.TTL, err, want)
		}
	}
	log.Reset()
	v, err := load(t.Context(), "Tim\n")
	wantNotFound(t, v, err)
	want := `{"level":"info","group":"scores","key":"Tim\n","message":"demo origin: search \"Tim\\n\""}` + "\n"
	if log.String() != want {
		t.Errorf("logged %s want %s", log.String(), want)
	}
}

func TestDemoQuotesAKeyOnlyWhereThatIsNeeded(t *testing.T) {
	for key, want := range map[string]string{
		"Tom": "search Tom", "Zoë": "search Zoë", "": `search \"\"`, "a b": `search \"a b\"`, `"`: `search \"\\\"\"`,
		"\x1b[31m": `search \"\\x1b[31m\"`, "\xff": `search \"\\xff\"`,
	} {
		var log bytes.Buffer
		from, err := origin.New(origin.Config{Spec: "demo"}, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		load, err := from.Loader("g", limit)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := load(t.Context(), key); key != "Tom" && !errors.Is(err, node.ErrNotFound) {
			t.Errorf("key %q: error %v, want not found", key, err)
		}
		if !strings.Contains(log.String(), want+`"}`) {
			t.Errorf("key %q: logged %s want %s", key, log.String(), want)
		}
	}
}
