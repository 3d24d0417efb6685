//go:build linux

package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"
)

// breaks are what a node never says unless it is broken.
var breaks = []string{"panic:", "DATA RACE", "fatal error:", "goroutine 1 ["}

// Breaks returns the lines of all logs that tell of a panic, a race or the runtime's despair.
func (c *Cluster) Breaks() ([]string, error) {
	var found []string
	for _, n := range c.Nodes() {
		lines, err := broken(c.logFile(n))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		for _, line := range lines {
			found = append(found, fmt.Sprintf("%s: %s", n.Name, line))
		}
	}
	return found, nil
}

func broken(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var found []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		for _, sign := range breaks {
			if strings.Contains(lines.Text(), sign) {
				found = append(found, lines.Text())
				break
			}
		}
	}
	return found, lines.Err()
}

// lastLine returns the end of a log; empty if there is none.
func lastLine(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	text = bytes.TrimSpace(text)
	return string(text[bytes.LastIndexByte(text, '\n')+1:])
}
