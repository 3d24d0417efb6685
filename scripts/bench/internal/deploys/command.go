// Package deploys breaks clusters of real processes, this project's and golang/groupcache's behind memberlist, in the same ways, and
// compares what clients and the origin notice.
package deploys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/report"
)

// scenarios are the driver's that are run.
var scenarios = []string{"kill9", "rolling", "join", "stop3"}

const (
	keys      = 10_000
	quickKeys = 1_000
)

// system is a program that takes the flags of "p2pcache serve".
type system struct{ name, binary string }

// result is what of the driver's result is used. The driver's checks count the keys of p2pcache's ring, and so do not fit the
// other's.
type result struct {
	Scenario string        `json:"scenario"`
	Steady   gets          `json:"steady"`
	Faulty   gets          `json:"faulty"`
	Loads    uint64        `json:"loads"` // from the fault on
	Agree    time.Duration `json:"agree"`
	Failure  string        `json:"failure"`
}

type gets struct {
	Gets    int           `json:"gets"`
	Errors  int           `json:"errors"`
	P99     time.Duration `json:"p99"`
	Longest time.Duration `json:"longest"`
}

// Command returns the command deploys.
func Command(settings *report.Settings) *cobra.Command {
	var driver string
	systems := []system{{name: "p2pcache"}, {name: "groupcache + memberlist"}}
	cmd := &cobra.Command{
		Use: "deploys", Short: "Deaths and deploys under load, beside groupcache behind memberlist", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := run(driver, systems, settings.Quick, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return settings.Finish(r, cmd.OutOrStdout())
		},
	}
	cmd.Flags().StringVar(&driver, "driver", beside("chaos"), "`FILE` of the driver of faults")
	cmd.Flags().StringVar(&systems[0].binary, "p2pcache", beside("p2pcache"), "`FILE` of this project's node")
	cmd.Flags().StringVar(&systems[1].binary, "groupcached", beside("groupcached"), "`FILE` of groupcache behind memberlist")
	return cmd
}

// beside is the program of a name in the folder of this one, or of the path where that is not known.
func beside(name string) string {
	self, err := os.Executable()
	if err != nil {
		return name
	}
	return filepath.Join(filepath.Dir(self), name)
}

func run(driver string, systems []system, quick bool, progress io.Writer) (report.Report, error) {
	args, count := []string{"--json", "--counts"}, keys
	if quick {
		count = quickKeys
		args = append(args, "--duration", "5s", "--steady", "2s", "--rate", "500")
	}
	args = append(args, "--keys", strconv.Itoa(count))
	logs, err := os.MkdirTemp("", "p2pcache-deploys-") // the driver leaves the logs of what fell short
	if err != nil {
		return report.Report{}, err
	}
	defer os.RemoveAll(logs)
	found := make(map[string][]result)
	for _, scenario := range scenarios {
		for _, s := range systems {
			r, err := drive(driver, logs, append(args[:len(args):len(args)], "--binary", s.binary, scenario), progress)
			if err != nil {
				return report.Report{}, fmt.Errorf("%s: %s: %w", scenario, s.name, err)
			}
			found[s.name] = append(found[s.name], r)
		}
	}
	return summary(systems, found, count), nil
}

// drive runs the driver, which exits with 1 where a figure falls short: that is none of this command's errors.
func drive(driver, logs string, args []string, progress io.Writer) (result, error) {
	var out bytes.Buffer
	cmd := exec.Command(driver, args...)
	cmd.Env = append(os.Environ(), "TMPDIR="+logs)
	cmd.Stdout, cmd.Stderr = &out, progress
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1 || out.Len() == 0) {
		return result{}, err
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		return result{}, fmt.Errorf("read the driver's result: %w", err)
	}
	if r.Failure != "" {
		fmt.Fprintln(os.Stderr, "bench:", r.Scenario, r.Failure)
	}
	return r, nil
}
