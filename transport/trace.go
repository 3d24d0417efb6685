package transport

import (
	"context"
	"net/http"
	"net/url"
)

// headerTrace names the trace that a request is part of: see W3C Trace Context.
const headerTrace = "Traceparent"

// maxTrace bounds the name of a trace, which is 55 bytes long in the first version of Trace Context.
const maxTrace = 128

// carriedTrace is trace where it can go into a header field, else none: a request is not to fail for it.
func carriedTrace(trace string) string {
	if len(trace) > maxTrace || !all([]byte(trace), isQuickValue) {
		return ""
	}
	return trace
}

// traced is the context of a request that came in a frame and is part of a trace: what RequestContext makes of a plain one that
// has nothing else in its header.
func (s *Server) traced(ctx context.Context, trace string) context.Context {
	r := &http.Request{
		Method: http.MethodGet, URL: &url.URL{Path: Prefix}, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{headerTrace: {trace}}, Body: http.NoBody,
	}
	return s.cfg.RequestContext(r.WithContext(ctx))
}
