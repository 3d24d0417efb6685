package origin_test

import (
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/origin"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func start(t *testing.T) (*origin.Origin, *truth.Truth, func(key string) (int, http.Header, string, error)) {
	t.Helper()
	tr := truth.New(4, 64, truth.Forever)
	o, err := origin.Start("127.0.0.1:0", tr, origin.Mortal{From: 2, Life: 7 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(o.Close)
	get := func(key string) (int, http.Header, string, error) {
		reply, err := http.Get(strings.NewReplacer("{group}", "g", "{key}", key).Replace(o.URL()))
		if err != nil {
			return 0, nil, "", err
		}
		defer reply.Body.Close()
		body, err := io.ReadAll(reply.Body)
		return reply.StatusCode, reply.Header, string(body), err
	}
	return o, tr, get
}

func TestLoadsAreCountedByKeySinceTheMark(t *testing.T) {
	o, tr, get := start(t)
	get("k1")
	o.Mark()
	for range 3 {
		if code, header, body, err := get("k1"); code != 200 || body != string(tr.Value(1, 1)) || header.Get("Cache-Control") != "" || err != nil {
			t.Fatalf("%d %v %q %v", code, header, body, err)
		}
	}
	if _, header, _, _ := get("k2"); header.Get("Cache-Control") != "max-age=7" {
		t.Errorf("the life of a mortal key is %q", header.Get("Cache-Control"))
	}
	if code, _, _, _ := get("k4"); code != 404 {
		t.Errorf("a key that is none: %d", code)
	}
	if o.Loads(1) != 3 || o.Loads(0) != 0 || o.Loads(2) != 1 || o.All() != 5 || o.Most() != 1 {
		t.Errorf("k1 %d, k0 %d, k2 %d, all %d, at once %d", o.Loads(1), o.Loads(0), o.Loads(2), o.All(), o.Most())
	}
}

func TestAnswersFailAsTheyAreTold(t *testing.T) {
	o, tr, get := start(t)
	o.SetStatus(http.StatusTeapot)
	if code, _, _, err := get("k0"); code != http.StatusTeapot || err != nil {
		t.Errorf("told to fail: %d %v", code, err)
	}
	o.SetStatus(0)
	o.SetBreaks(true)
	if _, _, body, err := get("k0"); err == nil || body == string(tr.Value(0, 1)) {
		t.Errorf("told to break off: %q %v", body, err)
	}
	o.SetBreaks(false)
	tr.Change(0)
	if _, _, body, err := get("k0"); body != string(tr.Value(0, 2)) || err != nil {
		t.Errorf("after a change: %q %v", body, err)
	}
}

func TestSlowAnswersAreAsOldAsTheirQuestion(t *testing.T) {
	o, tr, get := start(t)
	o.SetDelay(100 * time.Millisecond)
	answered := make(chan string)
	go func() {
		_, _, body, _ := get("k0")
		answered <- body
	}()
	for o.All() == 0 {
		runtime.Gosched()
	}
	tr.Change(0)
	if body := <-answered; body != string(tr.Value(0, 1)) {
		t.Errorf("answered %q", body)
	}
}
