// Command p2pcache runs a node of a peer-to-peer read-through cache, and asks running nodes.
//
// "p2pcache serve" runs a node; "p2pcache get", "put", "rm" and "purge" read and write through any one of a cluster, and
// "p2pcache members" and "owner" tell who is in it and who owns what. "p2pcache help" lists them all.
//
// It exits with 0 when what was asked is done, 1 when it failed, 2 when it was called wrongly and 4 when there is no such
// key or group.
package main

import (
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns the process's exit code.
func run(args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteC()
	code := exitCode(err)
	if err != nil {
		for _, problem := range problems(err) {
			fmt.Fprintf(errOut, "p2pcache: %s\n", problem)
		}
	}
	if code == exitUsage {
		fmt.Fprintf(errOut, "See '%s --help'.\n", cmd.CommandPath())
	}
	return code
}
