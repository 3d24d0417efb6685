package load_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/load"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

const keys, written = 20, 8

// store is a cache that is one map, and fails as it is told to.
type store struct {
	truth  *truth.Truth
	stale  atomic.Bool // writes are confirmed and not carried out
	broken atomic.Bool // every answer is an error

	asked, wrote func() // are called with each read and write

	mu   sync.Mutex
	held map[string]string // guarded by mu
}

func (s *store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	key := path.Base(r.URL.Path)
	i, ok := s.truth.Index(key)
	if !ok || s.broken.Load() {
		http.Error(w, "broken", http.StatusBadGateway)
		return
	}
	if r.Method == http.MethodGet {
		s.asked()
	} else {
		s.wrote()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodGet:
		if s.held[key] == "" {
			s.held[key] = string(s.truth.Value(i, s.truth.Newest(i)))
		}
		io.WriteString(w, s.held[key])
		return
	case s.stale.Load():
	case r.Method == http.MethodPut:
		body, _ := io.ReadAll(r.Body)
		s.held[key] = string(body)
	default:
		delete(s.held, key)
	}
	w.WriteHeader(http.StatusNoContent)
}

// rig is a load on a store.
type rig struct {
	*load.Load
	store  *store
	line   *timeline.Timeline
	target load.Target
}

func newRig(t *testing.T) *rig {
	t.Helper()
	s := &store{truth: truth.New(keys+written, 50, truth.Forever), held: map[string]string{}, asked: func() {}, wrote: func() {}}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	line := timeline.Start()
	l := load.New(load.Config{
		Truth: s.truth, Timeline: line, Seed: 1, Rate: 200, Writes: 100, Counted: keys, Written: written, Share: 50, Deadline: time.Minute,
	})
	r := &rig{l, s, line, load.Target{Name: "store", Base: server.URL + "/", Alive: t.Context()}}
	l.Aim([]load.Target{r.target})
	return r
}

// churn changes each written key, by turns, and asks for it.
func (r *rig) churn(t *testing.T) timeline.Summary {
	t.Helper()
	for i := range 40 {
		key := keys + i%written
		r.Get(t.Context(), r.target, key)
		r.Change(r.target, key, i%3 == 0)
		r.Get(t.Context(), r.target, key)
	}
	return timeline.Summarize(r.line.Gets(0, r.line.Now()))
}

func TestACacheThatIsRightIsFoundRight(t *testing.T) {
	if s := newRig(t).churn(t); s.Gets != 80 || s.Wrong != 0 || s.Errors != 0 || s.Lost != 0 {
		t.Errorf("%+v", s)
	}
}

func TestRemovalsThatWereConfirmedAndNotCarriedOutAreFound(t *testing.T) {
	r := newRig(t)
	r.store.stale.Store(true)
	if s := r.churn(t); s.Wrong < 40 {
		t.Errorf("%+v", s)
	}
}

func TestConfirmationsCountForNothingWhileTheyAreNotTrusted(t *testing.T) {
	r := newRig(t)
	r.store.stale.Store(true)
	r.Trust(false)
	if s := r.churn(t); s.Wrong != 0 {
		t.Errorf("%+v", s)
	}
}

func TestFailuresAreErrorsUnlessTheyAreExcused(t *testing.T) {
	r := newRig(t)
	r.store.broken.Store(true)
	if r.Change(r.target, keys, true) {
		t.Error("a write that failed was taken for confirmed")
	}
	r.Get(t.Context(), r.target, 0)
	r.Excuse(true)
	r.Get(t.Context(), r.target, 0)
	if s := timeline.Summarize(r.line.Gets(0, r.line.Now())); s.Errors != 1 || s.Lost != 1 {
		t.Errorf("%+v", s)
	}
}

func TestWarmingAsksForEachKeyOnceAndIsNotRecorded(t *testing.T) {
	r := newRig(t)
	if err := r.Warm(t.Context(), 0, keys); err != nil {
		t.Fatal(err)
	}
	for i := range keys + written {
		if r.Asked(i) != (i < keys) {
			t.Errorf("key %d was asked for: %v", i, r.Asked(i))
		}
	}
	r.Mark()
	if s := timeline.Summarize(r.line.Gets(0, r.line.Now())); s.Gets != 0 || r.Asked(0) {
		t.Errorf("%+v", s)
	}
	r.store.broken.Store(true)
	if r.Warm(t.Context(), 0, keys) == nil {
		t.Error("a cache that fails was warmed")
	}
}

func TestTheLoadAsksAndWritesUntilItIsStopped(t *testing.T) {
	r := newRig(t)
	asked, wrote := make(chan struct{}), make(chan struct{})
	r.store.asked, r.store.wrote = sync.OnceFunc(func() { close(asked) }), sync.OnceFunc(func() { close(wrote) })
	r.Start()
	<-asked
	<-wrote
	r.Stop()
	if s := timeline.Summarize(r.line.Gets(0, r.line.Now())); s.Gets == 0 || s.Wrong != 0 || s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}

func TestWhatANodeWasAskedWhenItWentIsLost(t *testing.T) {
	block := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-block }))
	defer server.Close()
	defer close(block)
	line := timeline.Start()
	l := load.New(load.Config{Truth: truth.New(1, 10, truth.Forever), Timeline: line, Deadline: time.Minute, Counted: 1})
	alive, kill := context.WithCancel(t.Context())
	asked := make(chan error)
	go func() { asked <- l.Get(alive, load.Target{Base: server.URL + "/", Alive: alive}, 0) }()
	kill()
	if err := <-asked; err == nil {
		t.Error("it was answered")
	}
	if s := timeline.Summarize(line.Gets(0, time.Hour)); s.Lost != 1 || s.Errors != 0 {
		t.Errorf("%+v", s)
	}
}
