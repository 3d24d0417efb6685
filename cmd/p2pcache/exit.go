package main

import (
	"errors"
	"fmt"

	"github.com/p2pcache/p2pcache/node"
)

// Exit codes. Scripts tell a miss from a failure by them.
const (
	exitDone     = 0
	exitFailed   = 1
	exitUsage    = 2
	exitNotFound = 4
)

// usageError says that the command line, the environment or the configuration file asks for something that cannot be.
// Its text names the place and what to write instead.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

func exitCode(err error) int {
	switch _, usage := errors.AsType[*usageError](err); {
	case err == nil:
		return exitDone
	case usage:
		return exitUsage
	case errors.Is(err, node.ErrNotFound), errors.Is(err, node.ErrUnknownGroup):
		return exitNotFound
	}
	return exitFailed
}
