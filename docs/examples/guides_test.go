package examples_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
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
	p := ports(t, 6)
	text := strings.NewReplacer("8080", p[0], "8081", p[1], "8082", p[2], "7946", p[3], "7947", p[4], "7948", p[5]).Replace(guide(t, "embedding.md"))
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
		patiently(t, ask[:strings.LastIndex(ask, "/")]+"/0") // it has joined when it serves
		if got := patiently(t, ask); got != "144\n" {
			t.Errorf("%s: %q", ask, got)
		}
	}
	isWorkedOutOnce(t, log.Name(), asks)
	command(t, dir, "go", "test", ".")
}

// isWorkedOutOnce requires that a number was worked out once for all who were asked: that of the guide, unless they did not all know
// each other yet, as on a busy machine, and so one after it.
func isWorkedOutOnce(t *testing.T, log string, asks []string) {
	t.Helper()
	for number := 12; ; number++ {
		logged, err := os.ReadFile(log)
		n := strings.Count(string(logged), fmt.Sprintf("working out %d\n", number))
		switch {
		case err == nil && n == 1:
			return
		case err != nil || n == 0 || number == 20:
			t.Fatalf("%d is worked out %d times, %v\n%s", number, n, err, logged)
		}
		for _, ask := range asks {
			patiently(t, ask[:strings.LastIndex(ask, "/")+1]+strconv.Itoa(number+1))
		}
	}
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

// ports returns some that nobody listens on, below those that systems give to outgoing connections, which would take them at any time.
func ports(t *testing.T, n int) []string {
	t.Helper()
	var free []string
	for first := 10_000 + rand.IntN(20_000); len(free) < n; first++ {
		l, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", first))
		if err != nil {
			continue
		}
		l.Close()
		free = append(free, strconv.Itoa(first))
	}
	return free
}
