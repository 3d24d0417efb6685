package transport

import (
	"bytes"
	"errors"
	"net/http"
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
	http.ServeContent(&conditionWriter{ResponseWriter: w, request: r}, r, "", time.Time{}, bytes.NewReader(body))
}

// conditionWriter makes members' errors of net/http's.
type conditionWriter struct {
	http.ResponseWriter
	request *http.Request
	failed  bool
}

// WriteHeader implements http.ResponseWriter.
func (w *conditionWriter) WriteHeader(status int) {
	switch status {
	case http.StatusPreconditionFailed:
		w.fail(status, errMismatch)
	case http.StatusRequestedRangeNotSatisfiable:
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
