package remote

import (
	"os"
	"testing"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/worker"
)

// TestMain makes the test's own program a worker where it is started as one.
func TestMain(m *testing.M) {
	if worker.Wanted(os.Args) {
		cmd := worker.Command()
		cmd.SetArgs(os.Args[2:])
		if cmd.Execute() != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}
