//go:build linux

package cluster

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
)

// readyLine waits for the line that a node says when it serves. It is a process's standard output.
type readyLine struct {
	ready chan error // gets one value

	mu   sync.Mutex
	text []byte // guarded by mu
	once sync.Once
}

func newReadyLine() *readyLine { return &readyLine{ready: make(chan error, 1)} }

// Write implements io.Writer.
func (r *readyLine) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.text = append(r.text, p...)
	if bytes.HasPrefix(r.text, []byte("ready ")) && bytes.ContainsRune(r.text, '\n') {
		r.tell(nil)
	}
	return len(p), nil
}

// end is told how the process has ended.
func (r *readyLine) end(err error) {
	if err == nil {
		err = errors.New("exit code 0")
	}
	r.tell(fmt.Errorf("ended before it was ready: %w", err))
}

func (r *readyLine) tell(err error) { r.once.Do(func() { r.ready <- err }) }
