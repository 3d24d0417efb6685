package node

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Errors that a Get, Set, Remove or Purge may return, wrapped. errors.Is and errors.As find these, and the error types of this
// package, on every node alike, whichever node they arose on. A Loader's own errors are found on the node that called it; on
// others there is their text.
var (
	// ErrNotFound says that the origin does not have the key, or, in a group without an origin, that it was not Set.
	ErrNotFound = errors.New("not found")

	// ErrClosed says that the node was closed.
	ErrClosed = errors.New("node closed")

	// ErrOverloaded says that as many loads run and wait as GroupConfig.MaxLoads allows. Try again later.
	ErrOverloaded = errors.New("overloaded")

	// ErrTooLarge says that a key or a value is longer than its limit.
	ErrTooLarge = errors.New("too large")
)

// OriginError says that the origin failed: the Loader returned an error, panicked or took longer than
// GroupConfig.LoadTimeout (then it wraps context.DeadlineExceeded).
type OriginError struct {
	// Err is the Loader's error, or, on another node than the one that called the Loader, one with the same text.
	Err error
}

// Error returns the origin's error text.
func (e *OriginError) Error() string { return fmt.Sprintf("origin: %v", e.Err) }

// Unwrap returns the Loader's error.
func (e *OriginError) Unwrap() error { return e.Err }

// UnreachableError says which members a Set, Remove or Purge could not be told to. Copies that they hold of other
// members' keys die within GroupConfig.HotTTL; what they own dies with its TTL, or when the call is made again.
type UnreachableError struct {
	// Members are the names of the members that were not told, sorted. A Client finds them in the text alone.
	Members []string

	// Err is the first failure.
	Err error
}

// Error names the members.
func (e *UnreachableError) Error() string {
	if len(e.Members) == 0 {
		return fmt.Sprint(e.Err)
	}
	return fmt.Sprintf("not told: %s: %v", strings.Join(e.Members, ", "), e.Err)
}

// Unwrap returns the first failure.
func (e *UnreachableError) Unwrap() error { return e.Err }

// unreachable merges the failures of one call into one *UnreachableError, or returns another kind of failure if there is one.
func unreachable(errs ...error) error {
	var merged UnreachableError
	for _, err := range errs {
		var missed *UnreachableError
		switch {
		case errors.As(err, &missed):
			if len(merged.Members) == 0 && len(missed.Members) > 0 {
				merged.Err = missed.Err // rather than what a member says who passed the write on, which names them again
			}
			merged.Members = append(merged.Members, missed.Members...)
			merged.Err = orDefault(merged.Err, missed.Err)
		case err != nil:
			return err
		}
	}
	if merged.Err == nil {
		return nil
	}
	slices.Sort(merged.Members)
	merged.Members = slices.Compact(merged.Members)
	return &merged
}
