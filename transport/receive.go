package transport

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// defaultMaxReply is the longest value that a Client accepts where its Request does not say, in bytes.
const defaultMaxReply = 64 << 20

// readReply reads the reply to r. It takes for a member's only what a member sends: another server may have taken its
// address, and must not be believed to hold a value or to have removed one.
func readReply(reply *http.Response, r Request) (Response, error) {
	switch {
	case r.Op == Get && reply.StatusCode == http.StatusOK && reply.Header.Get("Content-Type") == typeRaw:
		return readValue(reply, r)
	case r.Op == GetMany && reply.StatusCode == http.StatusOK && reply.Header.Get("Content-Type") == typeProtobuf:
		return readMany(reply, r)
	case r.isWrite() && reply.StatusCode == http.StatusNoContent:
		v, err := version(reply.Header)
		return Response{Version: v}, err
	}
	return readError(reply)
}

func readValue(reply *http.Response, r Request) (Response, error) {
	ttl, err := millis(reply.Header, headerTTL)
	if err != nil {
		return Response{}, err
	}
	v, err := version(reply.Header)
	if err != nil {
		return Response{}, err
	}
	value, err := readBody(reply.Body, reply.ContentLength, replyLimit(r))
	if err != nil {
		return Response{}, fmt.Errorf("read the value: %w", err)
	}
	return Response{Value: value, TTL: ttl, Version: v, MinuteQPS: rate(reply.Header)}, nil
}

// rate reads how often peers ask for the key: 0 where that is not known or makes no sense.
func rate(h http.Header) float64 {
	qps, err := strconv.ParseFloat(h.Get(headerQPS), 64)
	if err != nil {
		return 0
	}
	return plausible(qps)
}

// replyLimit is the longest value that a Client accepts.
func replyLimit(r Request) int {
	if r.MaxReply == 0 {
		return defaultMaxReply
	}
	return r.MaxReply
}

func readMany(reply *http.Response, r Request) (Response, error) {
	body, err := readBody(reply.Body, reply.ContentLength, maxReplies(r))
	if err != nil {
		return Response{}, fmt.Errorf("read the values: %w", err)
	}
	items, err := parseReplies(body, len(r.Keys), r.Items)
	return Response{Items: items}, err
}

// readError reads an error that a member sent.
func readError(reply *http.Response) (Response, error) {
	code, ok := codeOf(reply.Header.Get(headerError))
	if !ok || code == OK {
		return Response{}, fmt.Errorf("unexpected reply, which is not a member's: %.100q", reply.Status)
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxErrorText+1))
	if err != nil {
		return Response{}, fmt.Errorf("read the error: %w", err)
	}
	return Response{Code: code, Text: strings.TrimSuffix(string(text), "\n")}, nil
}
