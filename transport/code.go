package transport

import "net/http"

// Code says how a request ended.
type Code uint8

// The codes. Their numbers, names and statuses are part of the protocol.
const (
	OK           Code = iota
	NotFound          // the origin does not have the key
	NotCached         // the member does not hold the key, and was asked not to load it
	UnknownGroup      // the member has no such group
	Superseded        // the member knows of something newer under the key
	BadRequest        // the request breaks the protocol
	TooLarge          // the key or the value is longer than the group allows
	Unauthorized      // the signature is missing or wrong
	Origin            // the origin failed
	Timeout           // the origin took too long, or the request's own deadline passed
	Overloaded        // too many loads wait already: try later, and not elsewhere
	Unreachable       // the request was carried out here, but not every member could be told
	Unavailable       // the member is closing
	Internal          // a bug
	Omitted           // an item of GetMany: there was no room for the value in the reply
	numCodes
)

var codes = [numCodes]struct {
	name   string
	status int
}{
	OK:           {"ok", http.StatusOK},
	NotFound:     {"not-found", http.StatusNotFound},
	NotCached:    {"not-cached", http.StatusGatewayTimeout}, // RFC 9111, section 5.2.1.7
	UnknownGroup: {"unknown-group", http.StatusNotFound},
	Superseded:   {"superseded", http.StatusConflict},
	BadRequest:   {"bad-request", http.StatusBadRequest},
	TooLarge:     {"too-large", http.StatusRequestEntityTooLarge},
	Unauthorized: {"unauthorized", http.StatusUnauthorized},
	Origin:       {"origin", http.StatusBadGateway},
	Timeout:      {"timeout", http.StatusGatewayTimeout},
	Overloaded:   {"overloaded", http.StatusServiceUnavailable},
	Unreachable:  {"unreachable", http.StatusServiceUnavailable},
	Unavailable:  {"unavailable", http.StatusServiceUnavailable},
	Internal:     {"internal", http.StatusInternalServerError},
	Omitted:      {"omitted", http.StatusRequestEntityTooLarge},
}

// Codes returns every code, in order.
func Codes() []Code {
	all := make([]Code, numCodes)
	for i := range all {
		all[i] = Code(i)
	}
	return all
}

// String returns the code's name on the wire.
func (c Code) String() string {
	if c >= numCodes {
		return "unknown"
	}
	return codes[c].name
}

// Status returns the HTTP status that carries the code. OK is 200; a success without a body is sent as 204.
func (c Code) Status() int {
	if c >= numCodes {
		return http.StatusInternalServerError
	}
	return codes[c].status
}

// codeOf is the code of a name.
func codeOf(name string) (Code, bool) {
	for c, entry := range codes {
		if entry.name == name {
			return Code(c), true
		}
	}
	return 0, false
}
