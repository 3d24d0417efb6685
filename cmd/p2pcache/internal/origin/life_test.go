package origin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
)

func TestCacheControlSetsTheLife(t *testing.T) {
	const notKept = time.Millisecond
	for _, c := range []struct {
		cacheControl, age string
		want              time.Duration
	}{
		{"", "", 0},
		{"", "10", 0},
		{"public", "", 0},
		{"must-revalidate, immutable", "", 0},
		{"max-age=60", "", time.Minute},
		{"MAX-AGE = 60", "", time.Minute},
		{`max-age="60"`, "", time.Minute},
		{"public,max-age=60,must-revalidate", "", time.Minute},
		{"max-age=60", "20", 40 * time.Second},
		{"max-age=60", "60", notKept},
		{"max-age=60", "61", notKept},
		{"max-age=60", "soon", time.Minute},
		{"max-age=60", "-5", time.Minute},
		{"max-age=60, s-maxage=5", "", 5 * time.Second},
		{"s-maxage=5, max-age=60", "2", 3 * time.Second},
		{"max-age=60, max-age=5", "", time.Minute},
		{"max-age=0", "", notKept},
		{"max-age=-1", "", notKept},
		{"max-age=+1", "", notKept},
		{"max-age=1.5", "", notKept},
		{"max-age=", "", notKept},
		{"max-age", "", notKept},
		{"max-age=99999999999999999999", "", (1 << 31) * time.Second},
		{"max-age=2147483649", "", (1 << 31) * time.Second},
		{"no-store", "", notKept},
		{"no-cache", "", notKept},
		{"private", "", notKept},
		{"Private, max-age=60", "", notKept},
		{`private="set-cookie, x", max-age=60`, "", notKept},
		{`no-cache="x", max-age=60`, "", notKept},
		{",,max-age=60,", "", time.Minute},
	} {
		h := http.Header{}
		if c.cacheControl != "" {
			h.Set("Cache-Control", c.cacheControl)
		}
		if c.age != "" {
			h.Set("Age", c.age)
		}
		if got := origin.Life(h); got != c.want {
			t.Errorf("Cache-Control %q, Age %q: lives %v, want %v", c.cacheControl, c.age, got, c.want)
		}
	}
}

func TestCacheControlMayHaveManyLines(t *testing.T) {
	h := http.Header{"Cache-Control": {"public", "max-age=60", "s-maxage=7"}}
	if got := origin.Life(h); got != 7*time.Second {
		t.Errorf("lives %v, want 7s", got)
	}
}

// FuzzLife: a life is 0 only where no directive speaks of one, and never negative.
func FuzzLife(f *testing.F) {
	f.Add("max-age=60", "5")
	f.Add(`private="a, max-age=3"`, "")
	f.Add("s-maxage=99999999999999999999999", "99999999999999999999")
	f.Fuzz(func(t *testing.T, cacheControl, age string) {
		got := origin.Life(http.Header{"Cache-Control": {cacheControl}, "Age": {age}})
		if got < 0 || got > (1<<31)*time.Second {
			t.Errorf("lives %v, want 0 to 2^31 s", got)
		}
		if got == 0 && strings.Contains(","+cacheControl, ",max-age=") {
			t.Errorf("Cache-Control %q leaves the life to the group", cacheControl)
		}
	})
}
