//go:build linux

package main

import "github.com/p2pcache/p2pcache/scripts/chaos/internal/relay"

// Told returns the faults that a relay has after some lines.
func Told(lines ...string) (faults relay.Faults, err error) {
	w := weather{way: "both", cut: "none", loss: "0%", bandwidth: "0"}
	for _, line := range lines {
		if faults, err = w.told(line); err != nil {
			return faults, err
		}
	}
	return faults, nil
}

// Run executes a command line.
func Run(out interface{ Write([]byte) (int, error) }, args ...string) (code int) {
	cmd := newRootCommand()
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SetErr(out)
	if err := cmd.Execute(); err != nil {
		return exitCode(err)
	}
	return 0
}
