package examples_test

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func guide(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func command(t *testing.T, dir string, words ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), words[0], words[1:]...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(words, " "), err, out)
	}
	return string(out)
}

// The programs that a reader comes from are vetted with the modules of this one.
func TestTheProgramsBeforeMigrationCompile(t *testing.T) {
	blocks := regexp.MustCompile("(?s)```go (groupcache|memcached)\n(.*?)```").FindAllStringSubmatch(guide(t, "migration.md"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d programs", len(blocks))
	}
	for _, block := range blocks {
		dir, err := os.MkdirTemp(".", "before-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(block[2]), 0o600); err != nil {
			t.Fatal(err)
		}
		command(t, dir, "go", "vet", ".")
	}
}

// The guide is followed to the letter, but for the ports: they are free ones here.
func TestTheGuideToEmbeddingCanBeFollowed(t *testing.T) {
	ports := strings.NewReplacer("8080", port(t), "8081", port(t), "8082", port(t), "7946", port(t), "7947", port(t), "7948", port(t))
	text := ports.Replace(guide(t, "embedding.md"))
	steps := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1)
	files := regexp.MustCompile("(?s)```go (\\S+)\n(.*?)```").FindAllStringSubmatch(text, -1)
	if len(steps) != 3 || len(files) != 2 {
		t.Fatalf("%d steps, %d files", len(steps), len(files))
	}
	dir := besideTheClone(t, steps[0][1])
	for _, file := range files {
		if err := os.WriteFile(filepath.Join(dir, file[1]), []byte(file[2]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	asks := strings.Split(strings.TrimSpace(steps[2][1]), "\n")
	for _, line := range strings.Split(strings.TrimSpace(steps[1][1]), "\n") {
		if words := strings.Fields(line); words[0] == "./hello" {
			start := exec.Command(words[0], words[1:]...)
			background(t, start, dir, log)
			patiently(t, asks[0][:strings.LastIndex(asks[0], "/")]+"/0") // the next one joins the first
		} else {
			command(t, dir, words...)
		}
	}
	for _, ask := range asks {
		if got := patiently(t, ask); got != "144\n" {
			t.Errorf("%s: %q", ask, got)
		}
	}
	logged, err := os.ReadFile(log.Name())
	if n := strings.Count(string(logged), "working out 12"); err != nil || n != 1 {
		t.Errorf("worked out %d times, %v\n%s", n, err, logged)
	}
	command(t, dir, "go", "test", ".")
}

// besideTheClone runs the first step where the clone is a neighbour, and returns the directory that it makes.
func besideTheClone(t *testing.T, step string) string {
	t.Helper()
	clone, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	beside := t.TempDir()
	if err := os.Symlink(clone, filepath.Join(beside, "p2pcache")); err != nil {
		t.Fatal(err)
	}
	command(t, beside, "sh", "-ec", step)
	return filepath.Join(beside, "hello")
}

// patiently runs curl until somebody listens.
func patiently(t *testing.T, curl string) string {
	t.Helper()
	return command(t, ".", append(strings.Fields(curl), "--silent", "--retry", "50", "--retry-connrefused", "--retry-delay", "1")...)
}

func background(t *testing.T, cmd *exec.Cmd, dir string, log *os.File) {
	t.Helper()
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// port is one that was free a moment ago.
func port(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, number, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return number
}
