package origin

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	// notKept is the life of a value that a reply forbids to keep: the shortest there is, for 0 means the group's.
	notKept = time.Millisecond
	// longestLife is what a longer max-age comes to, as RFC 9111, section 1.2.2, has it: 2^31 seconds.
	longestLife = 1 << 31
)

// life returns how long a reply with header h may be kept, by the rules that RFC 9111 sets a shared cache: s-maxage
// before max-age, less the Age it has already. It is 0 where h says nothing.
func life(h http.Header) time.Duration {
	given := directives(h)
	for _, forbids := range []string{"no-store", "no-cache", "private"} {
		if _, ok := given[forbids]; ok {
			return notKept
		}
	}
	for _, limits := range []string{"s-maxage", "max-age"} {
		if limit, ok := given[limits]; ok {
			return remaining(limit, h.Get("Age"))
		}
	}
	return 0
}

// mustForget reports whether a reply forbids to keep it in any way.
func mustForget(h http.Header) bool {
	_, forbidden := directives(h)["no-store"]
	return forbidden
}

// directives returns the arguments of Cache-Control by directive, the first of each. A comma in a quoted string splits
// too, which does no harm: what follows one belongs to private or no-cache, which need no more.
func directives(h http.Header) map[string]string {
	given := map[string]string{}
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, argument, _ := strings.Cut(directive, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, repeated := given[name]; !repeated {
			given[name] = strings.Trim(strings.TrimSpace(argument), `"`)
		}
	}
	return given
}

// remaining returns what is left of maxAge, both in seconds. What is not a number is stale, as RFC 9111, section 4.2.1,
// advises; an Age that is none counts as 0.
func remaining(maxAge, age string) time.Duration {
	limit, ok := seconds(maxAge)
	if !ok {
		return notKept
	}
	spent, _ := seconds(age)
	return max(time.Duration(limit-spent)*time.Second, notKept)
}

// seconds parses delta-seconds: digits only, and at most longestLife.
func seconds(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > longestLife { // only its size can be wrong now
		return longestLife, true
	}
	return n, true
}
