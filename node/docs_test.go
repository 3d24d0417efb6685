package node_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// TestProgramsInTheDocsRun runs each Go program that a Markdown file shows.
func TestProgramsInTheDocsRun(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for _, file := range append(files, "../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			programs++
			runProgram(t, file, block[1])
		}
	}
	if programs == 0 {
		t.Error("no program was found: the README shows how to embed")
	}
}

func runProgram(t *testing.T, from, program string) {
	t.Helper()
	main := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(main, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "run", main).CombinedOutput()
	if err != nil {
		t.Errorf("a program in %s: %v\n%s", from, err, out)
	}
	if want := "630\n"; from == "../README.md" && string(out) != want {
		t.Errorf("the program in the README prints %q, want %q", out, want)
	}
}

var mdLink = regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)

// TestLinksInTheDocsLeadSomewhere checks the links from one file of the repository to another.
func TestLinksInTheDocsLeadSomewhere(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../README.md", "../CONTRIBUTING.md", "../CHANGELOG.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range mdLink.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil && !strings.HasPrefix(link[1], "http") {
				t.Errorf("%s links to %s: %v", file, link[1], err)
			}
		}
	}
}

var (
	required = regexp.MustCompile(`(?m)^\t(\S+) v\S+$`) // by this module itself: what others need is marked as indirect
	version  = regexp.MustCompile(`/v\d+$`)
	named    = regexp.MustCompile(`[\w-]+(?:\.[\w-]+)*(?:/[\w-]+)+`)
)

// TestEachDependencyHasItsReason checks that docs/architecture.md says of each module of go.mod why it is there, and of no other.
func TestEachDependencyHasItsReason(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(page), "## Dependencies")
	reasons := map[string]bool{} // whether such a module is there
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, name := range named.FindAllString(cells[1], -1) {
				reasons[name] = false
			}
		}
	}
	for _, match := range required.FindAllStringSubmatch(string(mod), -1) {
		path := strings.TrimPrefix(version.ReplaceAllString(match[1], ""), "github.com/")
		found := false
		for name := range reasons {
			if path == name || strings.HasPrefix(path, name+"/") {
				reasons[name], found = true, true
			}
		}
		if !found {
			t.Errorf("docs/architecture.md does not say why %s is there", path)
		}
	}
	for name, there := range reasons {
		if !there {
			t.Errorf("docs/architecture.md has %s, which go.mod has not", name)
		}
	}
}

var testCommand = regexp.MustCompile("go test [^`]*-run (\\w+) [^`]*\\./([\\w/]+?)/?[ `]")

// TestCommandsOfContributorsRunTests checks that what they name is there: go test is content where nothing matches.
func TestCommandsOfContributorsRunTests(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	commands := testCommand.FindAllStringSubmatch(string(text), -1)
	if len(commands) == 0 {
		t.Error("no command was found")
	}
	for _, command := range commands {
		files, err := filepath.Glob(filepath.Join("..", command[2], "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		there := regexp.MustCompile(`(?m)^func (Test|Fuzz)\w*` + strings.TrimPrefix(strings.TrimPrefix(command[1], "Test"), "Fuzz"))
		if !slices.ContainsFunc(files, func(name string) bool {
			code, err := os.ReadFile(name)
			return err == nil && there.Match(code)
		}) {
			t.Errorf("no test of %s has %s in its name", command[2], command[1])
		}
	}
}
