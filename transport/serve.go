package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"time"
)

var (
	errUnwantedBody = errors.New("only a PUT or a POST has a body")
	errCondition    = errors.New("a write has no conditions here") // to ignore one would do what its sender forbade
	errPart         = errors.New("a PUT stores a whole value, and no part of one")
	errNoLength     = errors.New("a PUT of HTTP/1.0 tells its length")
	errQuery        = errors.New("a question mark in a key is written as %3F")
)

// refusal is a Response to a request that never reaches the Handler.
func refusal(c Code, err error) *Response { return &Response{Code: c, Text: err.Error()} }

// serve answers one request under Prefix; escaped is the path behind it.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, escaped string) {
	defer s.recover(w, r)
	if escaped == "" && wantsUpgrade(r) {
		s.upgrade(w, r)
		return
	}
	s.verifier.tell(w.Header(), r)
	t, err := parsePath(escaped, s.cfg.GroupcacheCompat)
	if err == nil && r.URL.RawQuery != "" {
		err = errQuery
	}
	if err != nil {
		s.refuse(w, r, refusal(BadRequest, err))
		return
	}
	op, ok := operation(r.Method, t)
	if !ok {
		s.refuseMethod(w, r, t)
		return
	}
	left, err := millis(r.Header, headerTimeout)
	if err != nil {
		s.refuse(w, r, refusal(BadRequest, err))
		return
	}
	req, refused := s.request(w, r, op, t)
	if refused != nil {
		s.refuse(w, r, refused)
		return
	}
	if s.cached != nil && op == Get {
		if resp, ok := s.cached.ServeCached(req); ok {
			s.reply(w, r, req, resp)
			return
		}
	}
	ctx, cancel := deadline(s.cfg.RequestContext(r), left)
	defer cancel()
	extendTimeout(ctx, w)
	s.reply(w, r, req, s.cfg.Handler.Serve(ctx, req))
}

// recover keeps a panic in the Handler to its own request.
func (s *Server) recover(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	s.cfg.Logger.Error().Str("panic", fmt.Sprint(cause)).Bytes("stack", debug.Stack()).Msg("request handler panicked")
	s.refuse(w, r, &Response{Code: Internal, Text: "internal error"})
}

// operation tells what a method asks of what a path names.
func operation(method string, t target) (Op, bool) {
	switch {
	case t.hasKey && (method == http.MethodGet || method == http.MethodHead):
		return Get, true
	case t.hasKey && method == http.MethodPut:
		return Set, true
	case t.hasKey && method == http.MethodDelete:
		return Remove, true
	case !t.hasKey && method == http.MethodDelete:
		return Purge, true
	case !t.hasKey && method == http.MethodPost:
		return GetMany, true
	}
	return 0, false
}

// deadline bounds a request by the time that its sender still has; 0: any.
func deadline(ctx context.Context, left time.Duration) (context.Context, context.CancelFunc) {
	if left == 0 {
		left = maxTimeout
	}
	return context.WithTimeout(ctx, min(left, maxTimeout))
}

// request reads what r asks, checks its signature, and reads its body only as far as its sender and its group allow.
func (s *Server) request(w http.ResponseWriter, r *http.Request, op Op, t target) (Request, *Response) {
	req, err := readHeader(r, op, t)
	if err != nil {
		return Request{}, refusal(BadRequest, err)
	}
	sig, err := s.verifier.open(r)
	if err != nil {
		return Request{}, s.unauthorized(r, err)
	}
	var from io.Reader // nil: there is to be no body
	if op == Set || op == GetMany {
		from = pace(w, r.Body)
	}
	var body []byte
	var refused *Response
	switch {
	case sig != nil:
		body, refused = s.signedBody(from, r, op, t.group, sig)
	case from != nil:
		body, refused = s.body(from, r.ContentLength, op, t.group)
	}
	if refused != nil {
		return Request{}, refused
	}
	switch op {
	case Set:
		req.Value = body
	case GetMany:
		if req.Keys, err = parseKeys(body); err != nil {
			return Request{}, refusal(BadRequest, err)
		}
	}
	return req, nil
}

// readHeader reads all of a request but its body.
func readHeader(r *http.Request, op Op, t target) (Request, error) {
	req := Request{Op: op, Group: t.group, Key: t.key, Peer: first(r.Header, headerPeer) != "", At: time.Now()}
	var err error
	if req.Peer {
		if req.Version, err = version(r.Header); err != nil {
			return Request{}, err
		}
	}
	switch {
	case req.isWrite() && (first(r.Header, "If-None-Match") != "" || first(r.Header, "If-Match") != ""):
		err = errCondition
	case op == Set && first(r.Header, "Content-Range") != "":
		err = errPart
	case op == Set && !r.ProtoAtLeast(1, 1) && first(r.Header, "Content-Length") == "": // it may have chunks, which net/http ignores
		err = errNoLength
	case op == Set:
		req.TTL, err = life(r.Header)
	case r.ContentLength != 0 && op != GetMany:
		err = errUnwantedBody
	case op == Get || op == GetMany:
		req.CachedOnly = hasDirective(r.Header, "only-if-cached")
	}
	return req, err
}

func (s *Server) unauthorized(r *http.Request, err error) *Response {
	s.refused.Warn().Str("from", r.RemoteAddr).Str("method", r.Method).Err(err).Msg("request refused")
	return refusal(Unauthorized, err)
}

// body reads a value within its group's limit, or the keys of a GetMany.
func (s *Server) body(from io.Reader, length int64, op Op, group string) ([]byte, *Response) {
	limit, ok := s.cfg.Handler.MaxValueBytes(group)
	if !ok {
		return nil, refusal(UnknownGroup, fmt.Errorf("unknown group %q", group))
	}
	what := "value"
	if op == GetMany {
		what, limit = "list of keys", maxKeysBytes
	}
	body, err := readBody(from, length, limit)
	switch {
	case errors.Is(err, errTooLong):
		return nil, refusal(TooLarge, fmt.Errorf("the %s is longer than %d bytes", what, limit))
	case errors.Is(err, errUnverified):
		return nil, refusal(Overloaded, err)
	case err != nil:
		return nil, refusal(BadRequest, fmt.Errorf("read the %s: %w", what, err))
	}
	return body, nil
}

// extendTimeout makes the connection's time limit for a reply, which counts from the request's header, begin anew when ctx
// ends. The limit for the request does not count once it has been read.
func extendTimeout(ctx context.Context, w http.ResponseWriter) {
	end, _ := ctx.Deadline()
	// A ResponseWriter that cannot do it belongs to somebody else's server, with limits of its own.
	_ = http.NewResponseController(w).SetWriteDeadline(end.Add(writeTimeout))
}
