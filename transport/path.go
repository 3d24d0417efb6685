package transport

import (
	"errors"
	"net/url"
	"strings"
)

var (
	errNoGroup = errors.New("the path names no group: want " + Prefix + "<group>/<key>")
	errNoKey   = errors.New("the path names no key: want " + Prefix + "<group>/<key>")
)

const upperHex = "0123456789ABCDEF"

// AppendEscaped appends s to dst with every byte percent-encoded but the unreserved ones of RFC 3986, and a dot only where
// it is not all of s: a path segment of dots is resolved by many clients.
func AppendEscaped(dst []byte, s string) []byte {
	dots := strings.Trim(s, ".") == ""
	for i := range len(s) {
		c := s[i]
		if unreserved(c) && (c != '.' || !dots) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
	}
	return dst
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.' || c == '~'
}

// requestPath is the escaped path of a request about a group and, but for Purge and GetMany, a key.
func requestPath(r Request) string {
	p := make([]byte, 0, len(Prefix)+len(r.Group)+1+len(r.Key)+32)
	p = AppendEscaped(append(p, Prefix...), r.Group)
	if r.Op != Purge && r.Op != GetMany {
		p = AppendEscaped(append(p, '/'), r.Key)
	}
	return string(p)
}

// escapedPath is u's path as it was sent. URL.EscapedPath encodes anew a path with a byte that ought to be encoded, such as
// a letter beyond ASCII, and forgets which slashes and pluses were encoded.
func escapedPath(u *url.URL) string {
	if sent, err := url.PathUnescape(u.RawPath); err == nil && sent == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// target is what a path names. The empty string is a key like any other.
type target struct {
	group, key string
	hasKey     bool
}

// parsePath reads an escaped path behind Prefix. The key is all that follows the group and a slash, further slashes
// included. Where plus is set, a plus is a space.
func parsePath(escaped string, plus bool) (target, error) {
	group, key, hasKey := strings.Cut(escaped, "/")
	unescape := url.PathUnescape
	if plus {
		unescape = url.QueryUnescape
	}
	t := target{hasKey: hasKey}
	var err error
	if t.group, err = unescape(group); err != nil {
		return target{}, err
	}
	if t.group == "" {
		return target{}, errNoGroup
	}
	t.key, err = unescape(key)
	return t, err
}
