// Package transport carries one request to one peer, and its reply back, over HTTP under /_gocache/.
//
// A Server turns HTTP requests into Requests for a Handler and its Responses into replies; a Client does the reverse. What
// went wrong travels as a Code, so that an error is the same one on both sides; a Client returns an error of Go only
// where no reply came. Any byte string is a key: it is percent-encoded on the path, and read from the escaped path.
//
// The package knows neither who owns a key nor who is a member.
package transport
