package origin_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/origin"
	"github.com/p2pcache/p2pcache/node"
)

// broken starts a service that answers with the status that the key is, and returns a loader of it and what it logs.
func broken(t *testing.T) (load node.Loader, log *bytes.Buffer) {
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/404") {
			http.NotFound(w, r)
			return
		}
		http.Error(w, "no", http.StatusInternalServerError)
	}))
	t.Cleanup(service.Close)
	log = &bytes.Buffer{}
	from, err := origin.New(origin.Config{Spec: service.URL + "/{key}"}, zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	if load, err = from.Loader("pages", limit); err != nil {
		t.Fatal(err)
	}
	return load, log
}

func TestAFailureIsLoggedWithItsReasonAndNotFoundIsNone(t *testing.T) {
	load, log := broken(t)
	v, err := load(t.Context(), "404")
	wantNotFound(t, v, err)
	if log.Len() > 0 {
		t.Errorf("not found: logged %s want nothing", log)
	}
	if _, err := load(t.Context(), "home"); err == nil {
		t.Error("no error, want one")
	}
	want := `{"level":"warn","group":"pages","key":"home","error":"origin answered 500 Internal Server Error","message":"the origin failed"}` + "\n"
	if log.String() != want {
		t.Errorf("logged %s want %s", log, want)
	}
}

func TestALoadThatNobodyWaitsForIsNoFailure(t *testing.T) {
	load, log := broken(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := load(ctx, "home"); err == nil || log.Len() > 0 {
		t.Errorf("error %v, logged %s want one and nothing", err, log)
	}
}

func TestAnOriginThatIsDownFillsNoLog(t *testing.T) {
	dir := t.TempDir()
	key := strings.Repeat("k", 250)
	if err := os.Symlink(key, filepath.Join(dir, key)); err != nil {
		t.Skip(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		from, err := origin.New(origin.Config{Spec: "file:" + dir}, zerolog.New(&log))
		if err != nil {
			t.Fatal(err)
		}
		load, err := from.Loader("pages", limit)
		if err != nil {
			t.Fatal(err)
		}
		for second := range 3 {
			for range 50 {
				if _, err := load(t.Context(), key); err == nil {
					t.Fatal("no error, want one")
				}
			}
			if lines := strings.Count(log.String(), "\n"); lines != 10*(second+1) {
				t.Errorf("second %d: %d lines so far, want 10 a second", second, lines)
			}
			time.Sleep(time.Second)
		}
		if strings.Contains(log.String(), `"`+key+`"`) {
			t.Errorf("logged a key of %d bytes in full", len(key))
		}
	})
}
