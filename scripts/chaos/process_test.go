//go:build linux

package main_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build builds the node and the driver.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", dir+"/", "../../cmd/p2pcache", ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return dir
}

// running lists the processes of a binary.
func running(t *testing.T, binary string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if file, err := os.Readlink(link); err == nil && file == binary {
			pids = append(pids, filepath.Dir(link))
		}
	}
	return pids
}

// The driver is told to stop, or killed, in the middle of a scenario.
func TestNothingIsLeftOfADriverThatIsEnded(t *testing.T) {
	if testing.Short() {
		t.Skip("starts clusters")
	}
	dir := build(t)
	node := filepath.Join(dir, "p2pcache")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			logs := t.TempDir()
			cmd := exec.Command(filepath.Join(dir, "chaos"), "partition60", "--binary", node, "--report", "", "--keys", "100", "--steady", "1ms")
			cmd.Env = append(os.Environ(), "TMPDIR="+logs)
			said, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			awaitLine(t, said, "cut off")
			if len(running(t, node)) == 0 {
				t.Fatal("no node runs")
			}
			cmd.Process.Signal(signal)
			go io.Copy(io.Discard, said)
			if err := cmd.Wait(); err == nil {
				t.Error("exit code 0")
			}
			for deadline := time.Now().Add(2 * time.Minute); len(running(t, node)) > 0; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%v are left", running(t, node))
				}
			}
			if left, _ := filepath.Glob(logs + "/*"); signal != syscall.SIGKILL && len(left) > 0 {
				t.Errorf("%v are left", left)
			}
		})
	}
}

func awaitLine(t *testing.T, said io.Reader, part string) {
	t.Helper()
	lines := bufio.NewScanner(said)
	all := ""
	for lines.Scan() {
		all += lines.Text() + "\n"
		if strings.Contains(lines.Text(), part) {
			return
		}
	}
	t.Fatalf("%q was not said, but:\n%s", part, all)
}
