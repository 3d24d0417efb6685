package transport

import (
	"fmt"
	"iter"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The protocol's own header fields, in canonical form.
const (
	headerPeer    = "Gocache-Hop"     // "1": a member asks
	headerTimeout = "Gocache-Timeout" // what is left of the deadline, in ms
	headerTTL     = "Gocache-Ttl"     // what is left of the value's life, in ms; none: no expiry
	headerVersion = "Gocache-Version" // orders what members tell each other of a key
	headerQPS     = "Gocache-Qps"     // how often peers ask for the key, per second
	headerError   = "Gocache-Error"   // a Code's name
	headerAuth    = "Gocache-Auth"    // see auth.go

	headerReceiver = "Gocache-Receiver" // the name of a member's verifier, for which a write is signed; see receiver.go
)

const (
	typeRaw      = "application/octet-stream"
	typeProtobuf = "application/x-protobuf"
)

// first is the first line of a field whose name is in canonical form, which Header.Get would bring it into each time.
func first(h http.Header, name string) string {
	if lines := h[name]; len(lines) > 0 {
		return lines[0]
	}
	return ""
}

// maxTimeout bounds the deadline that a request may bring.
const maxTimeout = time.Hour

// ceilMillis is d in milliseconds, rounded up so that a life that is not over does not become "no expiry".
func ceilMillis(d time.Duration) int64 {
	ms := d / time.Millisecond
	if d%time.Millisecond > 0 {
		ms++
	}
	return int64(ms)
}

// millis reads a positive number of milliseconds from a header field: 0 where there is none.
func millis(h http.Header, field string) (time.Duration, error) {
	text := first(h, field)
	if text == "" {
		return 0, nil
	}
	d, ok := positive(text, time.Millisecond)
	if !ok {
		return 0, fmt.Errorf("%s is %q: want a positive number of milliseconds", field, text)
	}
	return d, nil
}

// wholeMillis is d in milliseconds, rounded up: whoever is told of a deadline must not find that it has passed before the one who tells.
func wholeMillis(d time.Duration) int64 { return int64((d + time.Millisecond - 1) / time.Millisecond) }

// positive reads a positive number of units. One that is too large to represent is the largest (RFC 9111, section 1.2.2).
func positive(text string, unit time.Duration) (time.Duration, bool) {
	n, _ := strconv.ParseUint(text, 10, 63) // 0 where text is no number, the largest where it is too large
	return time.Duration(min(int64(n), math.MaxInt64/int64(unit))) * unit, n > 0
}

// life reads how long a value may live: our own field, else Cache-Control's max-age; 0 where neither is there.
func life(h http.Header) (time.Duration, error) {
	if ttl, err := millis(h, headerTTL); ttl != 0 || err != nil {
		return ttl, err
	}
	for directive := range directives(h) {
		seconds, found := strings.CutPrefix(directive, "max-age=")
		if !found {
			continue
		}
		d, ok := positive(strings.Trim(seconds, `"`), time.Second)
		if !ok {
			return 0, fmt.Errorf("max-age is %q: want a positive number of seconds", seconds)
		}
		return d, nil
	}
	return 0, nil
}

// directives yields Cache-Control's, in lower case.
func directives(h http.Header) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(cacheControl(h), ",") {
			if !yield(strings.ToLower(strings.TrimSpace(part))) {
				return
			}
		}
	}
}

// cacheControl is the field, its lines joined.
func cacheControl(h http.Header) string { return strings.Join(h["Cache-Control"], ",") }

// version reads the version that a member sends; 0 where there is none.
func version(h http.Header) (uint64, error) {
	text := first(h, headerVersion)
	if text == "" {
		return 0, nil
	}
	v, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is %q: want a number", headerVersion, text)
	}
	return v, nil
}

func describeVersion(h http.Header, v uint64) {
	if v > 0 {
		h.Set(headerVersion, strconv.FormatUint(v, 10))
	}
}

func hasDirective(h http.Header, want string) bool {
	for d := range directives(h) {
		if d == want {
			return true
		}
	}
	return false
}
