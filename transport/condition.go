package transport

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	errMismatch = errors.New("the value is not the one that If-Match names")
	errNoRange  = errors.New("the value has no such range")
)

// conditional reports whether a GET asks for a part of the value, or for nothing where it is the one that the client has.
func conditional(r *http.Request) bool {
	return first(r.Header, "Range") != "" || first(r.Header, "If-None-Match") != "" || first(r.Header, "If-Match") != ""
}

// replyCondition replies with as much of a value as the request's conditions say.
func replyCondition(w http.ResponseWriter, r *http.Request, body []byte) {
	joinLines(r.Header, "If-None-Match")
	joinLines(r.Header, "If-Match")
	if spec, ok := byteRange(r); ok {
		r.Header.Set("Range", spec)
	} else {
		r.Header.Del("Range")
	}
	http.ServeContent(&conditionWriter{ResponseWriter: w, request: r, length: len(body)}, r, "", time.Time{}, bytes.NewReader(body))
}

// joinLines makes one line of a list's, as net/http reads the first alone.
func joinLines(h http.Header, name string) {
	if lines := h[name]; len(lines) > 1 {
		h.Set(name, strings.Join(lines, ", "))
	}
}

const unitBytes = "bytes="

// byteRange is the Range of r as net/http reads it right; false where there is none, or one that is to be ignored (RFC 9110,
// section 14.2): that of another method than GET, or in another unit.
func byteRange(r *http.Request) (string, bool) {
	spec := first(r.Header, "Range")
	if r.Method != http.MethodGet || len(spec) < len(unitBytes) || !strings.EqualFold(spec[:len(unitBytes)], unitBytes) {
		return "", false
	}
	parts := strings.Split(spec[len(unitBytes):], ",")
	for i, part := range parts {
		parts[i] = representable(part)
	}
	return unitBytes + strings.Join(parts, ","), true
}

// representable is a range without numbers that are too large for net/http, and without its last no bytes, which it would send, or
// signs, which it would read.
func representable(part string) string {
	const most, beyond = len("999999999999999999"), "999999999999999999-" // the most digits that fit into an int64, and no value's part
	from, to, found := strings.Cut(part, "-")
	from, to = strings.TrimSpace(from), strings.TrimSpace(to) // as net/http does
	switch {
	case !found:
		return part // which is none
	case strings.Trim(from+to, "0123456789") != "":
		return "none"
	case from == "" && to != "" && strings.Trim(to, "0") == "", len(from) > most:
		return beyond
	case len(to) > most && from == "":
		return "0-"
	case len(to) > most:
		return from + "-"
	}
	return part
}

// conditionWriter makes members' errors of net/http's.
type conditionWriter struct {
	http.ResponseWriter
	request *http.Request
	length  int // of the value
	failed  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *conditionWriter) WriteHeader(status int) {
	switch status {
	case http.StatusPreconditionFailed:
		w.fail(status, errMismatch)
	case http.StatusRequestedRangeNotSatisfiable:
		w.Header().Set("Content-Range", "bytes */"+strconv.Itoa(w.length))
		w.fail(status, errNoRange)
	default:
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *conditionWriter) fail(status int, err error) {
	w.failed = true
	writeError(w.ResponseWriter, w.request, status, refusal(BadRequest, err))
}

// Write implements http.ResponseWriter. What net/http says of an error is left out.
func (w *conditionWriter) Write(b []byte) (int, error) {
	if w.failed {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
