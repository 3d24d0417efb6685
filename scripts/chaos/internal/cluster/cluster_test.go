//go:build linux

package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/cluster"
)

func TestANodeIsReadyWhenItHasSaidAllOfItsLine(t *testing.T) {
	out, ready, end := cluster.ReadyLine()
	for _, part := range []string{"rea", "dy name=a"} {
		out.Write([]byte(part))
		select {
		case err := <-ready:
			t.Fatalf("after %q: %v", part, err)
		default:
		}
	}
	out.Write([]byte(" listen=b\n"))
	if err := <-ready; err != nil {
		t.Error(err)
	}
	end(errors.New("later")) // blocks nobody
}

func TestANodeThatEndsIsNotReady(t *testing.T) {
	for _, how := range []error{nil, errors.New("exit status 2")} {
		_, ready, end := cluster.ReadyLine()
		end(how)
		if err := <-ready; err == nil {
			t.Errorf("%v: it was ready", how)
		}
	}
}

func TestLinesOfANodeThatBrokeAreFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.log")
	lines := `{"message":"loader panicked","panic":"x"}
panic: runtime error
{"message":"ready"}
WARNING: DATA RACE
goroutine 1 [running]:
`
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := cluster.Broken(path)
	if err != nil || !slices.Equal(found, []string{"panic: runtime error", "WARNING: DATA RACE", "goroutine 1 [running]:"}) {
		t.Errorf("%q, %v", found, err)
	}
}
