package membership_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/membership"
)

// epochLog keeps what OnEpoch was called with.
type epochLog struct {
	mu    sync.Mutex // guards heard
	heard []string
}

func (l *epochLog) record(name string, epoch uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, fmt.Sprint(name, "=", epoch))
}

func (l *epochLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.heard, " ")
}

func raise(t testing.TB, c *membership.Cluster, name string, epoch uint64) {
	t.Helper()
	if err := c.RaiseEpoch(name, epoch); err != nil {
		t.Fatal(err)
	}
}

// hearEpoch waits until all know the number as that.
func hearEpoch(t testing.TB, name string, epoch uint64, all ...*membership.Cluster) {
	t.Helper()
	for _, c := range all {
		eventually(t, fmt.Sprintf("%s knows %s=%d", c.Self().Name, name, epoch), func() bool { return c.Epoch(name) == epoch })
	}
}

func TestARaisedEpochIsHeardByAll(t *testing.T) {
	t.Parallel()
	var all []*membership.Cluster
	logs := make([]epochLog, 5)
	for i := range logs {
		cfg := config(fmt.Sprint("m", i))
		cfg.OnEpoch = logs[i].record
		all = append(all, start(t, cfg))
		join(t, all[i], all[0])
	}
	agree(t, all...)
	raise(t, all[3], "users", 7)
	hearEpoch(t, "users", 7, all...)
	for i := range logs {
		eventually(t, "the callback was called", func() bool { return logs[i].String() == "users=7" })
	}
	raise(t, all[1], "users", 6)
	raise(t, all[1], "users", 7)
	raise(t, all[1], "", 1)
	hearEpoch(t, "", 1, all...)
	for i := range logs {
		eventually(t, "the callback hears of what grew alone", func() bool { return logs[i].String() == "users=7 =1" })
	}
}

func TestAMemberThatWasAwayHearsOfEpochs(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	raise(t, all[0], "users", 3)
	raise(t, all[1], "scores", 4)

	var log epochLog
	cfg := config("late")
	cfg.OnEpoch = log.record
	late := start(t, cfg)
	raise(t, late, "posts", 5) // before it knows anyone
	raise(t, late, "users", 2)
	join(t, late, all[0])
	for name, epoch := range map[string]uint64{"users": 3, "scores": 4, "posts": 5} {
		hearEpoch(t, name, epoch, late, all[0], all[1])
	}
	eventually(t, "the callback hears of what others raised", func() bool {
		return strings.Contains(log.String(), "scores=4") && strings.Contains(log.String(), "users=3")
	})
}

func TestEpochsAreLimited(t *testing.T) {
	t.Parallel()
	c := start(t, config("a"))
	for what, err := range map[string]error{
		"a name of 256 bytes": c.RaiseEpoch(strings.Repeat("x", 256), 1), "epoch 0": c.RaiseEpoch("x", 0),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	for i := range membership.MaxEpochs {
		raise(t, c, fmt.Sprint("name", i), 1)
	}
	if err := c.RaiseEpoch("one more", 1); err == nil || !strings.HasPrefix(err.Error(), "membership: raise epoch") {
		t.Errorf("one name too many: %v", err)
	}
	raise(t, c, "name0", 2)
	closeCluster(t, c)
	if err := c.RaiseEpoch("name0", 3); !errors.Is(err, membership.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Whatever reaches a member in whatever order, often or once, it ends up the same.
func TestEpochsHeardInAnyOrderAreTheSame(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var news [][]byte
		want := map[string]uint64{}
		for range 30 {
			name, number := fmt.Sprint("n", rnd.IntN(5)), 1+rnd.Uint64N(20)
			want[name] = max(want[name], number)
			source := membership.NewEpochs()
			if err := source.Raise(name, number); err != nil {
				t.Fatal(err)
			}
			news = append(news, source.Encode())
		}
		news = append(news, news[:10]...)
		rnd.Shuffle(len(news), func(i, j int) { news[i], news[j] = news[j], news[i] })
		heard := membership.NewEpochs()
		for _, b := range news {
			if err := heard.Hear(b); err != nil {
				t.Fatal(err)
			}
		}
		if got := heard.Numbers(); !maps.Equal(got, want) {
			t.Fatalf("numbers are %v, want %v", got, want)
		}
	}
}

func FuzzHearEpochs(f *testing.F) {
	e := membership.NewEpochs()
	if err := e.Raise("users", 1<<60); err != nil {
		f.Fatal(err)
	}
	f.Add(e.Encode())
	f.Add([]byte("\x0a\x02\x10\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		e := membership.NewEpochs()
		err := e.Hear(b)
		numbers := e.Numbers()
		for name, number := range numbers {
			if number == 0 || len(name) > 255 {
				t.Errorf("accepted %q=%d", name, number)
			}
		}
		again := membership.NewEpochs()
		if err := again.Hear(e.Encode()); err != nil || !maps.Equal(again.Numbers(), numbers) {
			t.Errorf("%v comes back as %v, %v", numbers, again.Numbers(), err)
		}
		if err == nil && len(e.Passed()) != len(numbers) {
			t.Errorf("%d news of %d numbers are passed on", len(e.Passed()), len(numbers))
		}
	})
}
