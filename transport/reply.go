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
	f := newFields(w.Header())
	body, contentType := resp.Value, typeRaw
	if s.wantsProtobuf(r) {
		body, contentType = marshalGet(resp, time.Now()), typeProtobuf
	}
	f.set("Content-Type", contentType)
	if resp.TTL > 0 {
		f.set(headerTTL, strconv.FormatInt(ceilMillis(resp.TTL), 10))
	}
	if resp.MinuteQPS > 0 {
		f.set(headerQPS, strconv.FormatFloat(resp.MinuteQPS, 'g', 4, 64))
	}
	if req.Peer {
		describeVersion(f.header, resp.Version)
	} else {
		s.describe(&f, resp)
	}
	if contentType == typeRaw && resp.Version > 0 {
		f.set("Etag", etag(resp))
	}
	if conditional(r) {
		replyCondition(w, r, body)
		return
	}
	f.set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		w.Write(body) // an error is the client's connection: there is nobody to tell
	}
}

// fields sets header fields, whose names are in canonical form, by one allocation for all.
type fields struct {
	header http.Header
	lines  []string
}

func newFields(h http.Header) fields { return fields{h, make([]string, 0, 8)} }

func (f *fields) set(name, value string) {
	f.lines = append(f.lines, value)
	n := len(f.lines)
	f.header[name] = f.lines[n-1 : n : n]
}

// etag names a value: wherever it is kept, it has its version.
func etag(resp Response) string {
	var tag [64]byte
	b := strconv.AppendUint(append(tag[:0], '"'), resp.Version, 36)
	b = strconv.AppendInt(append(b, '-'), int64(len(resp.Value)), 10)
	return string(append(b, '"'))
}

func replyMany(w http.ResponseWriter, req Request, resp Response) {
	body := appendReplies(nil, bounded(resp.Items), req.Peer)
	w.Header().Set("Content-Type", typeProtobuf)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Write(body)
}

// describe tells clients how long they may keep the value and, as RFC 9211 has it, where it came from.
func (s *Server) describe(f *fields, resp Response) {
	f.set("X-Content-Type-Options", "nosniff")
	f.set("Vary", "Accept")
	var status [128]byte
	b := append(append(status[:0], s.member...), "; fwd=miss"...)
	if resp.Hit {
		b = append(append(status[:0], s.member...), "; hit"...)
	}
	if resp.Source != "" {
		b = append(append(b, "; detail="...), quote(resp.Source)...)
	}
	if resp.TTL > 0 {
		seconds := strconv.FormatInt(int64(resp.TTL/time.Second), 10)
		f.set("Cache-Control", "max-age="+seconds)
		b = append(append(b, "; ttl="...), seconds...)
	}
	f.set("Cache-Status", string(b))
}

// quote is s as a string of RFC 8941, which has only printable ASCII.
func quote(s string) string {
	b := append(make([]byte, 0, len(s)+2), '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			b = append(b, '?')
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

func (s *Server) wantsProtobuf(r *http.Request) bool {
	accept := r.Header.Values("Accept")
	if len(accept) == 0 {
		return s.cfg.GroupcacheCompat && r.Header.Get(headerPeer) == ""
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
