package origin

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

const (
	groupPlaceholder = "{group}"
	keyPlaceholder   = "{key}"
)

// template is a URL with placeholders for the group and the key.
type template string

// parseTemplate refuses what would not be a URL once it is filled, and placeholders that could choose the host.
func parseTemplate(text string) (template, error) {
	if !strings.Contains(text, keyPlaceholder) {
		return "", fmt.Errorf("no %s in it: say where the key goes, such as http://HOST/PATH/{group}/{key}", keyPlaceholder)
	}
	sample := strings.NewReplacer(groupPlaceholder, "g", keyPlaceholder, "k").Replace(text)
	if strings.ContainsAny(sample, "{}") {
		return "", fmt.Errorf("unknown placeholder: only %s and %s are filled in", groupPlaceholder, keyPlaceholder)
	}
	if strings.Contains(authority(text), "{") {
		return "", errors.New("placeholder in the host: they belong in the path or the query")
	}
	u, err := url.Parse(sample)
	switch {
	case err != nil:
		return "", errors.Unwrap(err) // without the text, which may hold a password
	case u.Host == "":
		return "", errors.New("no host in it: want http://HOST/PATH/{group}/{key}")
	case u.Fragment != "":
		return "", errors.New("fragment in it: what follows # never reaches a server")
	}
	return template(text), nil
}

// authority returns the part of a URL between the scheme and the path.
func authority(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		return rest[:end]
	}
	return rest
}

// keyed is a template whose group is filled in, cut at the places of the key.
type keyed []string

// withGroup fills in the group, unless that is a name that clients, proxies and servers resolve in a path, as url says.
func (t template) withGroup(group string) (keyed, error) {
	if isDots(group) && strings.Contains(string(t), groupPlaceholder) {
		return nil, fmt.Errorf("group %q cannot be part of a URL", group)
	}
	return strings.Split(strings.ReplaceAll(string(t), groupPlaceholder, percentEncode(group)), keyPlaceholder), nil
}

func isDots(s string) bool { return s == "." || s == ".." }

// url returns the URL of key. It is not ok where key is "." or ".." and stands alone between slashes: every client,
// proxy and server on the way may resolve such a segment, encoded or not, and so ask for something else.
func (k keyed) url(key string) (text string, ok bool) {
	text = strings.Join(k, percentEncode(key))
	if !isDots(key) {
		return text, true
	}
	path, _, _ := strings.Cut(text, "?")
	for segment := range strings.SplitSeq(path, "/") {
		if segment == key {
			return "", false
		}
	}
	return text, true
}

const upperHex = "0123456789ABCDEF"

// percentEncode encodes every byte of s but those that RFC 3986, section 2.3, calls unreserved.
func percentEncode(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', upperHex[c>>4], upperHex[c&15]})
		}
	}
	return b.String()
}

func isUnreserved(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}
