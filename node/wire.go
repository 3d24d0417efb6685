package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/p2pcache/p2pcache/transport"
)

// ErrUnknownGroup says that the member that was asked has no group of that name. Only a Client sees it: a node loads
// itself what its peers do not serve.
var ErrUnknownGroup = errors.New("unknown group")

// errSuperseded says that something as new is known of a key already. It stays among members.
var errSuperseded = errors.New("something as new is known of the key")

// final reports whether a member that replied with c has the last word on a Get. Otherwise it could not serve it, and
// another one may.
func final(c transport.Code) bool {
	switch c {
	case transport.OK, transport.NotFound, transport.TooLarge, transport.Origin, transport.Timeout, transport.Overloaded:
		return true
	}
	return false
}

// responseTo is err as a member sends it. The text of an origin's error may hold secrets: it is sent if expose says so, as to
// peers.
func responseTo(err error, expose bool) transport.Response {
	code, text := transport.Internal, err.Error()
	var origin *OriginError
	var unreachable *UnreachableError
	switch {
	case errors.As(err, &origin):
		code, text = transport.Origin, originText(origin, expose)
		if errors.Is(err, context.DeadlineExceeded) {
			code = transport.Timeout
		}
	case errors.As(err, &unreachable):
		code = transport.Unreachable
	case errors.Is(err, errSuperseded):
		code = transport.Superseded
	case errors.Is(err, ErrNotFound):
		code = transport.NotFound
	case errors.Is(err, ErrTooLarge):
		code = transport.TooLarge
	case errors.Is(err, ErrOverloaded):
		code = transport.Overloaded
	case errors.Is(err, ErrUnknownGroup):
		code = transport.UnknownGroup
	case errors.Is(err, context.DeadlineExceeded):
		code = transport.Timeout
	case errors.Is(err, ErrClosed), errors.Is(err, errDeparted), errors.Is(err, context.Canceled):
		code = transport.Unavailable
	}
	return transport.Response{Code: code, Text: text}
}

func originText(err *OriginError, expose bool) string {
	if expose {
		return err.Err.Error()
	}
	return "the origin failed"
}

// errorOf is the error that a member's Response tells of: the one that responseTo was given, as far as errors.Is and
// errors.As can tell.
func errorOf(r transport.Response) error {
	switch r.Code {
	case transport.OK:
		return nil
	case transport.NotFound, transport.NotCached:
		return ErrNotFound
	case transport.TooLarge:
		return &wireError{ErrTooLarge, r.Text}
	case transport.Overloaded:
		return ErrOverloaded
	case transport.UnknownGroup:
		return &wireError{ErrUnknownGroup, r.Text}
	case transport.Origin:
		return &OriginError{Err: errors.New(r.Text)}
	case transport.Timeout:
		return &OriginError{Err: &wireError{context.DeadlineExceeded, r.Text}}
	case transport.Unavailable:
		return ErrClosed
	case transport.Unreachable:
		return &UnreachableError{Err: errors.New(r.Text)}
	}
	return fmt.Errorf("%s: %s", r.Code, r.Text)
}

// wireError is an error of this package with the text that a member sent for it.
type wireError struct {
	is   error
	text string
}

func (e *wireError) Error() string { return e.text }
func (e *wireError) Unwrap() error { return e.is }
