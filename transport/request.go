package transport

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// eagerBytes is the length up to which a value is sent unasked: net/http's server reads as much of a body that it refuses,
// so that the sender comes to read why.
const eagerBytes = 256 << 10

// method is how an Op is asked for.
func method(op Op) (string, error) {
	switch op {
	case Get:
		return http.MethodGet, nil
	case Set:
		return http.MethodPut, nil
	case Remove, Purge:
		return http.MethodDelete, nil
	case GetMany:
		return http.MethodPost, nil
	}
	return "", fmt.Errorf("no such operation: %d", op)
}

// request is r in HTTP, signed for a receiver, if it is to be for one.
func (c *Client) request(ctx context.Context, r Request, receiver string) (*http.Request, error) {
	u := c.base
	u.RawPath = requestPath(r)
	var err error
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return nil, err
	}
	// Without a version, net/http does not wait for leave to send a body.
	req := &http.Request{ProtoMajor: 1, ProtoMinor: 1, URL: &u, Host: u.Host, Header: header(ctx, r, c.token)}
	req = req.WithContext(ctx)
	if req.Method, err = method(r.Op); err != nil {
		return nil, err
	}
	body := requestBody(r)
	if len(body) > 0 {
		req.ContentLength = int64(len(body))
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	if receiver != "" {
		req.Header.Set(headerReceiver, receiver)
	}
	c.signer.sign(req, body)
	return req, nil
}

func requestBody(r Request) []byte {
	switch r.Op {
	case Set:
		return r.Value
	case GetMany:
		return appendKeys(make([]byte, 0, keysLength(r.Keys)), r.Keys)
	}
	return nil
}

// bodyLength is the length of requestBody.
func bodyLength(r *Request) int {
	switch r.Op {
	case Set:
		return len(r.Value)
	case GetMany:
		return keysLength(r.Keys)
	}
	return 0
}

// appendBody appends requestBody.
func appendBody(b []byte, r *Request) []byte {
	if r.Op == GetMany {
		return appendKeys(b, r.Keys)
	}
	return append(b, r.Value...)
}

// header is what r says beside its method, path and body.
func header(ctx context.Context, r Request, token string) http.Header {
	h := http.Header{}
	if token != "" {
		h.Set(headerToken, bearer+token)
	}
	if r.Peer {
		h.Set(headerPeer, "1")
		describeVersion(h, r.Version)
	} else {
		h.Set("Accept", accepted(r.Op)) // as none could mean protobuf
	}
	if deadline, ok := ctx.Deadline(); ok {
		h.Set(headerTimeout, strconv.FormatInt(max(1, wholeMillis(time.Until(deadline))), 10))
	}
	switch r.Op {
	case Set:
		describeSet(h, r)
	case GetMany:
		h.Set("Content-Type", typeProtobuf)
	}
	if r.CachedOnly {
		h.Set("Cache-Control", "only-if-cached")
	}
	if trace := carriedTrace(r.Trace); trace != "" {
		h.Set(headerTrace, trace)
	}
	return h
}

func accepted(op Op) string {
	if op == GetMany {
		return typeProtobuf
	}
	return typeRaw
}

func describeSet(h http.Header, r Request) {
	if r.TTL > 0 {
		h.Set(headerTTL, strconv.FormatInt(ceilMillis(r.TTL), 10))
	}
	if len(r.Value) > eagerBytes {
		h.Set("Expect", "100-continue")
	}
}
