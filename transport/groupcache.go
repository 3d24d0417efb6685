package transport

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"time"
)

// The fields of groupcache's message GetResponse.
const (
	groupcacheValue  = 1<<3 | counted
	groupcacheQPS    = 2<<3 | fixed64
	groupcacheExpire = 3<<3 | varint
)

// isMembers reports whether a reply to a Get is one that members of this project send.
func isMembers(reply *http.Response) bool {
	return reply.Header.Get(headerError) != "" || reply.Header.Get("Content-Type") == typeRaw
}

// readGroupcache reads what golang/groupcache replies to a Get: a message GetResponse or, where there is no value, a text.
func readGroupcache(reply *http.Response, r Request) (Response, error) {
	if reply.StatusCode == http.StatusOK && reply.Header.Get("Content-Type") == typeProtobuf {
		const around = 64 // the fields beside the value
		body, err := readBody(reply.Body, reply.ContentLength, replyLimit(r)+around)
		if err != nil {
			return Response{}, fmt.Errorf("read the value: %w", err)
		}
		return parseGroupcache(body, time.Now())
	}
	var code Code
	switch reply.StatusCode {
	case http.StatusNotFound:
		code = UnknownGroup
	case http.StatusInternalServerError:
		code = Origin
	default:
		return readReply(reply, r)
	}
	text, err := io.ReadAll(io.LimitReader(reply.Body, maxErrorText))
	if err != nil {
		return Response{}, fmt.Errorf("read the error: %w", err)
	}
	return Response{Code: code, Text: strings.TrimSuffix(string(text), "\n")}, nil
}

// parseGroupcache reads a message GetResponse. The Response's value is part of b.
func parseGroupcache(b []byte, now time.Time) (Response, error) {
	resp := Response{Value: []byte{}}
	for len(b) > 0 {
		f, rest, err := nextField(b)
		if err != nil {
			return Response{}, err
		}
		switch f.tag {
		case groupcacheValue:
			resp.Value = f.bytes
		case groupcacheQPS:
			resp.MinuteQPS = plausible(math.Float64frombits(f.number))
		case groupcacheExpire:
			resp.TTL = lifeUntil(int64(f.number), now)
		}
		b = rest
	}
	return resp, nil
}

// lifeUntil is what is left until a moment in ns since 1970, and no less than a moment, as 0 means no expiry; 0 for 0.
func lifeUntil(expire int64, now time.Time) time.Duration {
	if expire <= 0 {
		return 0
	}
	return max(time.Millisecond, time.Unix(0, expire).Sub(now))
}
