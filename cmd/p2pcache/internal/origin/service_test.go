package origin_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// configured returns the loader of an HTTP service, asked as c says.
func configured(t testing.TB, c origin.Config) node.Loader {
	t.Helper()
	from, err := origin.New(c, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	load, err := from.Loader("g", limit)
	if err != nil {
		t.Fatal(err)
	}
	return load
}

// failing starts a service whose first replies fail in a way, and counts what it is asked.
func failing(t testing.TB, times int64, fail http.HandlerFunc) (url string, asked *atomic.Int64) {
	t.Helper()
	asked = new(atomic.Int64)
	return service(t, func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) <= times {
			fail(w, r)
			return
		}
		io.WriteString(w, "value")
	}).URL + "/{key}", asked
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func cut(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func TestWhatMayPassIsAskedAgain(t *testing.T) {
	for name, c := range map[string]struct {
		fail    http.HandlerFunc
		times   int64
		retries int
		asked   int64
		ok      bool
	}{
		"busy once":            {status(503), 1, 0, 2, true},
		"busy twice":           {status(503), 2, 0, 2, false},
		"busy twice, asked on": {status(429), 2, 2, 3, true},
		"cut":                  {cut, 1, 0, 2, true},
		"never asked again":    {status(502), 1, -1, 1, false},
		"forbidden":            {status(403), 1, 3, 1, false},
		"broken":               {status(500), 1, 3, 1, false},
		"not found":            {status(404), 1, 3, 1, false},
		"sent to another place": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://192.0.2.1/", http.StatusFound)
		}, 1, 3, 1, false},
	} {
		url, asked := failing(t, c.times, c.fail)
		v, err := configured(t, origin.Config{Spec: url, Retries: c.retries})(t.Context(), "k")
		if (err == nil) != c.ok || asked.Load() != c.asked || c.ok && v.String() != "value" {
			t.Errorf("%s: asked %d times, error %v; want %d and success %v", name, asked.Load(), err, c.asked, c.ok)
		}
	}
}

func TestRetriesHaveABudget(t *testing.T) {
	url, asked := failing(t, 1<<30, status(503))
	load := configured(t, origin.Config{Spec: url, RetryBudget: 0.1})
	for range 200 {
		if _, err := load(t.Context(), "k"); err == nil {
			t.Fatal("no error")
		}
	}
	if n := asked.Load(); n < 220 || n > 232 {
		t.Errorf("asked %d times for 200 loads that fail, want a tenth more and the ten at first", n)
	}
}

func TestARequestHasATimeLimit(t *testing.T) {
	release := make(chan struct{})
	url, asked := failing(t, 1, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	v, err := configured(t, origin.Config{Spec: url, Timeout: 50 * time.Millisecond})(t.Context(), "k")
	if err != nil || v.String() != "value" || asked.Load() != 2 {
		t.Errorf("got %q, error %v, asked %d times; want the second answer", v, err, asked.Load())
	}
}

func TestAValueThatIsStillGoodIsNotSentAgain(t *testing.T) {
	version, sent := "1", 0
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"`+version+`"`)
		w.Header().Set("Cache-Control", "max-age=60")
		if r.Header.Get("If-None-Match") == `"`+version+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		io.WriteString(w, "version "+version)
	})
	load := configured(t, origin.Config{Spec: s.URL + "/{key}"})
	want := func(text string, times int) {
		t.Helper()
		v, err := load(t.Context(), "k")
		if err != nil || v.String() != text || v.TTL != time.Minute || sent != times {
			t.Errorf("got %q for %v, sent %d times, error %v; want %q for a minute, sent %d times", v, v.TTL, sent, err, text, times)
		}
	}
	want("version 1", 1)
	want("version 1", 1)
	version = "2"
	want("version 2", 2)
	want("version 2", 2)
}

func TestWhatMustNotBeKeptIsAskedForWhole(t *testing.T) {
	for name, c := range map[string]struct {
		config  origin.Config
		control string
		length  int
	}{
		"no-store":  {origin.Config{}, "no-store", 10},
		"no memory": {origin.Config{RevalidateBytes: -1}, "", 10},
		"too large": {origin.Config{RevalidateBytes: 2000}, "", 500},
	} {
		s := service(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("If-Modified-Since") != "" {
				t.Errorf("%s: asked whether it is still good", name)
			}
			w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
			w.Header().Set("Cache-Control", c.control)
			io.WriteString(w, strings.Repeat("x", c.length))
		})
		c.config.Spec = s.URL + "/{key}"
		load := configured(t, c.config)
		for range 2 {
			if _, err := load(t.Context(), "k"); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestHeadersComeFromTheEnvironment(t *testing.T) {
	t.Setenv("ORIGIN_TOKEN", "s3cret")
	s := service(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Header.Get("Authorization")+"|"+r.Header.Get("X-Price")+"|"+r.UserAgent())
	})
	load := configured(t, origin.Config{Spec: s.URL + "/{key}", Headers: map[string]string{"authorization": "Bearer ${ORIGIN_TOKEN}", "X-Price": "$5"}})
	if v, err := load(t.Context(), "k"); err != nil || v.String() != "Bearer s3cret|$5|p2pcache" {
		t.Errorf("got %q, error %v", v, err)
	}
}

func TestAConfigThatCannotBeIsRefused(t *testing.T) {
	const spec = "http://h/{key}"
	for want, c := range map[string]origin.Config{
		"the variable P2P_UNSET is not set": {Headers: map[string]string{"A": "${P2P_UNSET}"}},
		"${ is no variable: write ${NAME}":  {Headers: map[string]string{"A": "${}"}},
		`header "a b": no name of a header`: {Headers: map[string]string{"a b": "x"}},
		`header "A": its value holds bytes`: {Headers: map[string]string{"A": "x\ny"}},
		"set by p2pcache itself":            {Headers: map[string]string{"if-none-match": "x"}},
		"timeout is -1ns":                   {Timeout: -1},
		"retries are 11: want at most 10":   {Retries: 11},
		"retry-budget is 1.5: want a part":  {RetryBudget: 1.5},
	} {
		c.Spec = spec
		if _, err := origin.New(c, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := origin.New(origin.Config{Spec: spec}, zerolog.Nop()); errors.Is(err, node.ErrNotFound) || err != nil {
		t.Error(err)
	}
}
