//go:build linux

// Command chaos runs a cluster of real processes, does to it what happens to clusters, and checks what came of it. Run it by
// scripts/chaos.sh, which builds it and the node.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/network"
)

func main() {
	if isolates(os.Args) && !network.Isolated() {
		if code, ok := network.Isolate(); ok {
			os.Exit(code)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := newRootCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
		os.Exit(exitCode(err))
	}
}

// relaysFlag keeps the driver where it is.
const relaysFlag = "relays"

// isolates reports whether a command line starts clusters, which are given a network of their own where that is possible.
func isolates(args []string) bool {
	for _, arg := range args[1:] {
		switch arg {
		case "relay", "report", "help", "completion", "--list", "--help", "-h", "--" + relaysFlag:
			return false
		}
	}
	return true
}

// Exit codes.
const (
	exitShort = 1 // a figure is beyond its limit, or something could not be carried out
	exitUsage = 2
)

// usageError is a mistake of the caller's.
type usageError struct{ error }

func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitShort
}
