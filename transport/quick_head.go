package transport

import "bytes"

// quickHead is what a quick request names: see parseQuick. Both are parts of the request.
type quickHead struct {
	path []byte // behind Prefix, escaped
	host []byte
}

const lineEnd = "\r\n"

// parseQuick reads b as one whole request of the simplest kind, or reports that it is none: a GET under Prefix without a body, whose
// fields are all of those that cannot change its meaning here. It is strict, as all that it leaves is left to net/http: a byte that
// may be read in more than one way is no matter of its.
func parseQuick(b []byte) (h quickHead, ok bool) {
	line, rest, found := bytes.Cut(b, []byte(lineEnd))
	line, started := bytes.CutPrefix(line, []byte("GET "+Prefix))
	path, ended := bytes.CutSuffix(line, []byte(" HTTP/1.1"))
	if !found || !started || !ended || !all(path, isQuickPath) {
		return quickHead{}, false
	}
	h.path = path
	for {
		line, rest, found = bytes.Cut(rest, []byte(lineEnd))
		if len(line) == 0 { // the end, which must be that of b
			return h, found && len(rest) == 0 && len(h.host) > 0
		}
		name, value, colon := bytes.Cut(line, []byte(": "))
		if !found || !colon || !h.field(string(name), value) {
			return quickHead{}, false
		}
	}
}

// field takes a field, and reports whether it leaves the request a quick one.
func (h *quickHead) field(name string, value []byte) bool {
	switch name {
	case "Host", "host":
		first := h.host == nil
		h.host = value
		return first && all(value, isQuickHost)
	case "User-Agent", "user-agent", "Accept-Encoding", "accept-encoding", "Accept-Language", "accept-language":
		return all(value, isQuickValue)
	case "Traceparent", "traceparent", "Tracestate", "tracestate": // of loads alone
		return all(value, isQuickValue)
	case "Accept", "accept":
		return string(value) == "*/*" || string(value) == typeRaw
	case "Connection", "connection":
		return string(value) == "keep-alive"
	}
	return false
}

func all(b []byte, is func(byte) bool) bool {
	for _, c := range b {
		if !is(c) {
			return false
		}
	}
	return true
}

// isQuickPath reports whether net/http hands on a byte of a path as it is.
func isQuickPath(c byte) bool { return unreserved(c) || c == '%' || c == '/' || c == ':' }

func isQuickHost(c byte) bool { return unreserved(c) || c == ':' || c == '[' || c == ']' }

func isQuickValue(c byte) bool { return ' ' <= c && c <= '~' }
