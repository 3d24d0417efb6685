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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := newRootCommand().ExecuteContext(ctx)
	stop()
	if _, said := errors.AsType[exitStatus](err); err != nil && !said {
		fmt.Fprintf(os.Stderr, "chaos: %v\n", err)
	}
	os.Exit(exitCode(err))
}

// Exit codes.
const (
	exitShort = 1 // a figure is beyond its limit, or something could not be carried out
	exitUsage = 2
)

// usageError is a mistake of the caller's.
type usageError struct{ error }

// exitStatus is how the same command ended in a network of its own, where it has said why.
type exitStatus int

// Error implements error.
func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitShort
}
