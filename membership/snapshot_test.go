package membership_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/p2pcache/p2pcache/membership"
)

// recorder keeps the snapshots it is called with.
type recorder struct {
	mu   sync.Mutex // guards all
	all  []membership.Snapshot
	gate chan struct{} // if not nil, each call waits for it to be closed
}

func (r *recorder) record(s membership.Snapshot) {
	r.mu.Lock()
	r.all = append(r.all, s)
	r.mu.Unlock()
	if r.gate != nil {
		<-r.gate
	}
}

func (r *recorder) snapshots() []membership.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.all)
}

func TestSnapshotsAreSortedAndTheirVersionsGrow(t *testing.T) {
	t.Parallel()
	r := new(recorder)
	cfg := config("m")
	cfg.OnSnapshot = r.record
	c := start(t, cfg)
	for _, name := range []string{"z", "a", "n", "l"} {
		join(t, start(t, config(name)), c)
	}
	eventually(t, "the callback sees five members", func() bool {
		all := r.snapshots()
		return len(all) > 0 && len(all[len(all)-1].Members) == 5
	})
	all := r.snapshots()
	if first := all[0]; first.Version != 1 || len(first.Members) != 1 {
		t.Errorf("first is %+v, want version 1 with m alone", first)
	}
	for i, s := range all {
		if i > 0 && s.Version <= all[i-1].Version {
			t.Errorf("version %d comes after %d", s.Version, all[i-1].Version)
		}
		if !slices.IsSortedFunc(s.Members, func(a, b membership.Member) int { return strings.Compare(a.Name, b.Name) }) {
			t.Errorf("version %d is not sorted: %+v", s.Version, s.Members)
		}
	}
}

func TestVersionsGrowByOne(t *testing.T) {
	t.Parallel()
	c := start(t, config("a"))
	for i, name := range []string{"b", "c", "d"} {
		join(t, c, start(t, config(name)))
		if s := c.Snapshot(); s.Version != uint64(i+2) || len(s.Members) != i+2 {
			t.Errorf("snapshot is %+v, want version %d", s, i+2)
		}
	}
}

func TestASlowCallbackHoldsUpNobodyAndSkipsToTheNewest(t *testing.T) {
	t.Parallel()
	r := &recorder{gate: make(chan struct{})}
	cfg := config("a")
	cfg.OnSnapshot = r.record
	a := start(t, cfg)
	t.Cleanup(sync.OnceFunc(func() { // before Close, which waits for the callback
		select {
		case <-r.gate:
		default:
			close(r.gate)
		}
	}))
	all := []*membership.Cluster{a}
	for i := range 4 {
		c := start(t, config(fmt.Sprint("b", i)))
		join(t, c, a)
		all = append(all, c)
	}
	agree(t, all...)
	if got := len(r.snapshots()); got != 1 {
		t.Fatalf("%d calls began while the first was under way, want 1", got)
	}
	close(r.gate)
	eventually(t, "the callback sees the newest", func() bool { return len(r.snapshots()) > 1 })
	if second := r.snapshots()[1]; len(second.Members) != 5 || second.Version != a.Snapshot().Version {
		t.Errorf("second call got %+v, want the newest, %+v", second, a.Snapshot())
	}
}

func TestNoCallbackAfterClose(t *testing.T) {
	t.Parallel()
	r := new(recorder)
	cfg := config("a")
	cfg.OnSnapshot = r.record
	a, b := start(t, cfg), start(t, config("b"))
	join(t, b, a)
	closeCluster(t, a)
	before := len(r.snapshots())
	closeCluster(t, b)
	if after := len(r.snapshots()); after != before {
		t.Errorf("%d calls after Close", after-before)
	}
}

func TestChangesAreToldApart(t *testing.T) {
	t.Parallel()
	m := func(name string, boot uint64, draining bool) membership.Member {
		return membership.Member{Name: name, Boot: boot, Draining: draining}
	}
	moved := m("u", 1, false)
	moved.GossipAddr = "elsewhere"
	before := []membership.Member{
		m("a", 1, false), m("d", 1, false), m("l", 1, true), m("q", 1, false), m("r", 1, false), m("s", 1, false), m("u", 1, false),
	}
	after := []membership.Member{
		m("0", 1, false), m("d", 1, true), m("j", 1, true), m("r", 2, false), m("s", 1, false), moved, m("z", 1, false),
	}
	gone := map[string]membership.Member{
		"q":     m("q", 1, true), // drained and left between two snapshots
		"r":     m("r", 1, false),
		"brief": m("brief", 1, false),
	}
	want := []string{
		"member joined: 0", "member died: a", "member is draining: d", "member joined: j", "member left: l",
		"member left: q", "member started again: r", "member updated: u", "member joined: z",
	}
	if got := membership.Changes(before, after, gone); !slices.Equal(got, want) {
		t.Errorf("changes are\n%q, want\n%q", got, want)
	}
	if got := membership.Changes(before, before, nil); len(got) != 0 {
		t.Errorf("changes between equals are %q", got)
	}
}

func BenchmarkTake(b *testing.B) {
	for _, n := range []int{10, 100, 1000, 10_000} {
		b.Run(fmt.Sprint("members=", n), func(b *testing.B) {
			take := membership.Taker(n)
			b.ReportAllocs()
			for b.Loop() {
				if take() != n {
					b.Fatal("members are missing")
				}
			}
		})
	}
}
