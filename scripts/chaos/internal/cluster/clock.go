//go:build linux

package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Where the standard library reads the clock, and what is read instead. The system's clock is the same for all processes of a
// machine, so this is the one way to have a process with another.
const (
	readsClock = "\tsec, nsec, mono := runtimeNow()\n"
	shifted    = readsClock + "\tsec += clockOff\n"
	offset     = `package time

import "syscall"

// clockOff is by how many seconds the clock is off.
var clockOff = func() int64 {
	text, _ := syscall.Getenv("` + clockVar + `")
	off, _ := atoi(text)
	return int64(off)
}()
`
	clockVar = "P2PCACHE_CHAOS_CLOCK"
)

// WithClock builds the node anew, from the source in the current directory, so that its wall clock can be off: see Node.ClockOff.
func (c *Cluster) WithClock(ctx context.Context) (file string, err error) {
	dir, err := filepath.Abs(filepath.Join("bin", "clock"))
	if err != nil {
		return "", err
	}
	goroot, err := linkGoroot(ctx, dir)
	if err != nil {
		return "", fmt.Errorf("clock: %w", err)
	}
	overlay, err := writeOverlay(dir, filepath.Join(goroot, "src", "time"))
	if err != nil {
		return "", fmt.Errorf("clock: %w", err)
	}
	file = filepath.Join(dir, "p2pcache")
	build := exec.CommandContext(ctx, filepath.Join(goroot, "bin", "go"), "build", "-overlay", overlay, "-o", file, "./cmd/p2pcache")
	build.Env = append(os.Environ(), "GOROOT="+goroot, "GOTOOLCHAIN=local")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("clock: go build: %w: %s", err, out)
	}
	return file, nil
}

// linkGoroot gives the toolchain another name: the go command refuses to replace files in the module cache, where it may be.
func linkGoroot(ctx context.Context, dir string) (string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("go env: %w", err)
	}
	link := filepath.Join(dir, "go")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	return link, os.Symlink(strings.TrimSpace(string(root)), link)
}

// writeOverlay writes what replaces the files of package time, whose directory is given.
func writeOverlay(dir, source string) (string, error) {
	clock := filepath.Join(source, "time.go")
	text, err := os.ReadFile(clock)
	if err != nil {
		return "", err
	}
	if bytes.Count(text, []byte(readsClock)) != 1 {
		return "", fmt.Errorf("%s does not read the clock as expected", clock)
	}
	text = bytes.Replace(text, []byte(readsClock), []byte(shifted), 1)
	newClock, newOffset, overlay := filepath.Join(dir, "time.txt"), filepath.Join(dir, "off.txt"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{
		"Replace": {clock: newClock, filepath.Join(source, "off.go"): newOffset},
	})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(
		os.WriteFile(newClock, text, 0o644), os.WriteFile(newOffset, []byte(offset), 0o644), os.WriteFile(overlay, replace, 0o644))
}

// ClockOff makes the node's clock be off from its next start on, by whole seconds, where its Binary is one of WithClock.
func (n *Node) ClockOff(by time.Duration) {
	n.Env = []string{fmt.Sprintf("%s=%d", clockVar, int64(by.Seconds()))}
}
