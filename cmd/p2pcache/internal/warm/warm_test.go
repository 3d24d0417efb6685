package warm_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/warm"
)

// asked notes the keys that are asked for.
type asked struct {
	mu   sync.Mutex
	keys []string // guarded by mu
}

func (a *asked) get(_ context.Context, key string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, key)
	switch {
	case strings.HasPrefix(key, "absent"):
		return warm.ErrAbsent
	case strings.HasPrefix(key, "broken"):
		return errors.New("the origin failed")
	}
	return nil
}

func (a *asked) sorted() []string {
	slices.Sort(a.keys)
	return a.keys
}

func TestEveryKeyIsAskedForOnce(t *testing.T) {
	for list, want := range map[string][]string{
		"":                nil,
		"a":               {"a"},
		"a\nb\n":          {"a", "b"},
		"a\r\nb c\n\nd\n": {"", "a", "b c", "d"},
		"\xff\nabsent\n":  {"absent", "\xff"},
	} {
		var a asked
		var p warm.Progress
		err := warm.Run(context.Background(), warm.Config{Get: a.get, Keys: strings.NewReader(list), Callers: 3}, &p)
		if got := a.sorted(); err != nil || !slices.Equal(got, want) || int(p.Resume()) != len(want) || p.Bytes.Load() != int64(len(list)) {
			t.Errorf("%q: asked for %q, resume at %d, error %v; want %q", list, got, p.Resume(), err, want)
		}
	}
	var a asked
	err := warm.Run(context.Background(), warm.Config{Get: a.get, Keys: strings.NewReader("a\nb\x00c\x00\x00d"), Null: true, Callers: 1}, &warm.Progress{})
	if got := a.sorted(); err != nil || !slices.Equal(got, []string{"", "a\nb", "c", "d"}) {
		t.Errorf("asked for %q, error %v", got, err)
	}
}

func TestARunGoesOnWhereTheLastOneEnded(t *testing.T) {
	var a asked
	var p warm.Progress
	list := "a\nb\nbroken\nd\nabsent\n"
	err := warm.Run(context.Background(), warm.Config{Get: a.get, Keys: strings.NewReader(list), Callers: 2}, &p)
	if err == nil || !strings.Contains(err.Error(), `key "broken": the origin failed`) || p.Resume() != 2 {
		t.Errorf("error %v, resume at %d; want that broken failed, and 2", err, p.Resume())
	}
	if p.Done.Load() != 4 || p.Absent.Load() != 1 || p.Failed.Load() != 1 {
		t.Errorf("%d done, %d absent, %d failed; want 4, 1, 1", p.Done.Load(), p.Absent.Load(), p.Failed.Load())
	}
	var again asked
	_ = warm.Run(context.Background(), warm.Config{Get: again.get, Keys: strings.NewReader(list), Skip: p.Resume(), Callers: 2}, &warm.Progress{})
	if got := again.sorted(); !slices.Equal(got, []string{"absent", "broken", "d"}) {
		t.Errorf("asked again for %q, want what follows the failure", got)
	}
}

func TestARateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a asked
		began := time.Now()
		list := strings.Repeat("k\n", 51)
		if err := warm.Run(context.Background(), warm.Config{Get: a.get, Keys: strings.NewReader(list), Callers: 8, Rate: 10}, &warm.Progress{}); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began).Round(100 * time.Millisecond); took != 5*time.Second {
			t.Errorf("51 keys at 10 a second took %v, want 5s", took)
		}
	})
}

func TestARunEndsWhenItIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		var a asked
		err := warm.Run(ctx, warm.Config{Get: a.get, Keys: strings.NewReader(strings.Repeat("k\n", 100)), Callers: 2, Rate: 10}, &warm.Progress{})
		if !errors.Is(err, context.Canceled) || len(a.keys) > 11 {
			t.Errorf("error %v after %d keys, want that it was cancelled after ten or so", err, len(a.keys))
		}
	})
}

func TestAStateIsKeptInAFile(t *testing.T) {
	s := warm.State(filepath.Join(t.TempDir(), "state"))
	if n, err := s.Load(); n != 0 || err != nil {
		t.Errorf("%d, %v; want 0 where there is no file", n, err)
	}
	if err := s.Save(42); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Load(); n != 42 || err != nil {
		t.Errorf("%d, %v; want 42", n, err)
	}
	if err := errors.Join(s.Remove(), s.Remove()); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"", "x", "-1", "1 2"} {
		if err := os.WriteFile(string(s), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Load(); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
	if err := warm.State("/absent/state").Save(1); err == nil {
		t.Error("no error where there is no directory")
	}
}

func ExampleRun() {
	get := func(_ context.Context, key string) error { fmt.Println("get", key); return nil }
	var p warm.Progress
	err := warm.Run(context.Background(), warm.Config{Get: get, Keys: strings.NewReader("a\nb\n"), Callers: 1}, &p)
	fmt.Println(p.Done.Load(), err)
	// Output:
	// get a
	// get b
	// 2 <nil>
}
