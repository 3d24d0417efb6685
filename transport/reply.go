package transport

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/p2pcache/p2pcache/transport/internal/pb"
)

const (
	// retryAfter is what a client is told to wait, in seconds, when a member is overloaded or closing.
	retryAfter = "1"

	// maxErrorText bounds what is said of an error, in bytes.
	maxErrorText = 4 << 10
)

// reply writes the Handler's answer.
func (s *Server) reply(w http.ResponseWriter, r *http.Request, req Request, resp Response) {
	switch {
	case resp.Code != OK:
		s.refuse(w, r, &resp)
	case req.Op == Get:
		s.replyValue(w, r, req, resp)
	case req.Op == GetMany:
		replyMany(w, req, resp)
	default:
		if req.Peer {
			describeVersion(w.Header(), resp.Version)
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, resp *Response) {
	writeError(w, r, resp.Code.Status(), resp)
}

func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request, t target) {
	if !t.hasKey && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		s.refuse(w, r, refusal(BadRequest, errNoKey))
		return
	}
	allow := "GET, HEAD, PUT, DELETE"
	if !t.hasKey {
		allow = "POST, DELETE"
	}
	w.Header().Set("Allow", allow)
	err := fmt.Errorf("method %s is not allowed here: use %s", r.Method, allow)
	writeError(w, r, http.StatusMethodNotAllowed, refusal(BadRequest, err))
}

// writeError writes an error: its code as a header field for programs, its text as the body for people.
func writeError(w http.ResponseWriter, r *http.Request, status int, resp *Response) {
	text := resp.Text[:min(len(resp.Text), maxErrorText)] + "\n"
	h := w.Header()
	h.Set(headerError, resp.Code.String())
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		io.WriteString(w, text)
	}
}

func (s *Server) replyValue(w http.ResponseWriter, r *http.Request, req Request, resp Response) {
	body, contentType := resp.Value, typeRaw
	if s.wantsProtobuf(r) {
		body, contentType = marshalGet(resp, time.Now()), typeProtobuf
	}
	length := len(body)
	whole := !conditional(r)
	if !whole {
		length = -1
	}
	var f fields
	s.describeValue(&f, req, resp, contentType, length)
	f.addTo(w.Header())
	switch {
	case !whole:
		replyCondition(w, r, body)
	case r.Method != http.MethodHead:
		w.Write(body) // an error is the client's connection: there is nobody to tell
	}
}

// describeValue sets the fields of a reply with a value. A negative length is left out.
func (s *Server) describeValue(f *fields, req Request, resp Response, contentType string, length int) {
	f.set(fieldType, contentType)
	if resp.TTL > 0 {
		f.setNumber(fieldTTL, uint64(ceilMillis(resp.TTL)))
	}
	if resp.MinuteQPS > 0 {
		f.begin(fieldQPS)
		f.text = strconv.AppendFloat(f.text, resp.MinuteQPS, 'g', 4, 64)
	}
	switch {
	case !req.Peer:
		s.describe(f, resp)
	case resp.Version > 0:
		f.setNumber(fieldVersion, resp.Version)
	}
	if contentType == typeRaw && resp.Version > 0 {
		f.begin(fieldETag)
		f.text = appendETag(f.text, resp)
	}
	if length >= 0 {
		f.setNumber(fieldLength, uint64(length))
	}
}

// appendETag appends what names a value: wherever it is kept, it has its version.
func appendETag(b []byte, resp Response) []byte {
	b = strconv.AppendUint(append(b, '"'), resp.Version, 36)
	b = strconv.AppendInt(append(b, '-'), int64(len(resp.Value)), 10)
	return append(b, '"')
}

func replyMany(w http.ResponseWriter, req Request, resp Response) {
	body := appendReplies(nil, bounded(resp.Items), req.Peer)
	w.Header().Set("Content-Type", typeProtobuf)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// describe tells clients how long they may keep the value and, as RFC 9211 has it, where it came from.
func (s *Server) describe(f *fields, resp Response) {
	f.set(fieldOptions, "nosniff")
	f.set(fieldVary, "Accept")
	seconds := int64(resp.TTL / time.Second)
	if resp.TTL > 0 {
		f.begin(fieldCacheControl)
		f.text = strconv.AppendInt(append(f.text, "max-age="...), seconds, 10)
	}
	f.set(fieldCacheStatus, s.member)
	if resp.Hit {
		f.text = append(f.text, "; hit"...)
	} else {
		f.text = append(f.text, "; fwd=miss"...)
	}
	if resp.Source != "" {
		f.text = appendQuoted(append(f.text, "; detail="...), resp.Source)
	}
	if resp.TTL > 0 {
		f.text = strconv.AppendInt(append(f.text, "; ttl="...), seconds, 10)
	}
}

func (s *Server) wantsProtobuf(r *http.Request) bool {
	accept := r.Header["Accept"]
	if len(accept) == 0 {
		return s.cfg.GroupcacheCompat && first(r.Header, headerPeer) == ""
	}
	return acceptsProtobuf(accept)
}

// marshalGet is the answer as groupcache's message, with the time at which the value's life ends.
func marshalGet(resp Response, now time.Time) []byte {
	m := &pb.GetResponse{Value: resp.Value, MinuteQps: resp.MinuteQPS}
	if resp.TTL > 0 {
		// An int64 of nanoseconds ends in 2262, before the longest lives do.
		m.Expire = now.UnixNano() + min(int64(resp.TTL), math.MaxInt64-now.UnixNano())
	}
	b, err := proto.Marshal(m)
	if err != nil {
		panic(err) // a message of bytes and numbers always marshals
	}
	return b
}
