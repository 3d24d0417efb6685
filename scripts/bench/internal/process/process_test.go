package process_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/process"
)

// A process may write its answer and end before it is read.
func TestWhatAProcessWroteCanBeReadOnceItHasEnded(t *testing.T) {
	for range 20 {
		p, err := process.Start("echo", "done")
		if err != nil {
			t.Fatal(err)
		}
		p.Wait()
		if line, err := p.Line(); err != nil || line != "done" {
			t.Errorf("%q, %v; want done", line, err)
		}
		p.Stop()
		p.Stop() // again
	}
}

func TestAProcessThatEndsIsSaidToHave(t *testing.T) {
	p, err := process.Start("true")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if line, err := p.Line(); err == nil {
		t.Errorf("read %q, want an error", line)
	}
	if _, err := p.Ask("?"); err == nil {
		t.Error("it answered")
	}
}
