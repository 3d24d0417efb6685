package node_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path of all rooms.
const module = "github.com/p2pcache/p2pcache/"

// mayImport lists which rooms each room may reach, directly or not.
var mayImport = map[string][]string{
	"hashring":     {},
	"lru":          {},
	"membership":   {"membership/internal/pb"},
	"transport":    {"transport/internal/pb"},
	"node":         {"hashring", "lru", "membership", "membership/internal/pb", "transport", "transport/internal/pb"},
	"cmd/p2pcache": nil, // node, and what node reaches: see below
}

// mustNotKnow lists modules that a room must not reach.
var mustNotKnow = map[string][]string{
	"hashring":   {"github.com/hashicorp/", "google.golang.org/", "github.com/rs/"},
	"lru":        {"github.com/hashicorp/", "google.golang.org/", "github.com/rs/"},
	"transport":  {"github.com/hashicorp/"},
	"node":       {"github.com/prometheus/", "github.com/spf13/"},
	"membership": {"net/http.", "github.com/prometheus/"},
}

func TestRoomsImportOnlyWhatTheyMay(t *testing.T) {
	for room, allowed := range mayImport {
		for _, dep := range goList(t, "-deps", "../"+room) {
			inner, ours := strings.CutPrefix(dep, module)
			if room != "cmd/p2pcache" && ours && inner != room && !slices.Contains(allowed, inner) {
				t.Errorf("%s reaches %s", room, inner)
			}
			for _, prefix := range mustNotKnow[room] {
				if strings.HasPrefix(dep, prefix) {
					t.Errorf("%s reaches %s", room, dep)
				}
			}
		}
	}
}

func TestTheCommandUsesNodeAlone(t *testing.T) {
	for _, line := range goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "../cmd/...") {
		for _, imported := range strings.Fields(line)[1:] {
			inner, ours := strings.CutPrefix(imported, module)
			if ours && inner != "node" && !strings.HasPrefix(inner, "cmd/p2pcache/internal/") {
				t.Errorf("%s imports %s", strings.Fields(line)[0], inner)
			}
		}
	}
}

// TestForeignTypesStayInTheirRooms reads the exported API: no type of memberlist or protobuf may be in it.
func TestForeignTypesStayInTheirRooms(t *testing.T) {
	for room := range mayImport {
		out, err := exec.Command("go", "doc", "-all", "../"+room).CombinedOutput()
		if err != nil {
			t.Fatalf("go doc %s: %v\n%s", room, err, out)
		}
		for _, foreign := range []string{"memberlist.", "proto.", "pb."} {
			if strings.Contains(string(out), foreign) {
				t.Errorf("the documentation of %s has %q in it", room, foreign)
			}
		}
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}
