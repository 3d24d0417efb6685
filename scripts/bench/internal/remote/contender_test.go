package remote

import (
	"os/exec"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/scripts/bench/internal/load"
)

func TestContendersGetWhatTheirServersHold(t *testing.T) {
	for _, program := range []string{"redis-server", "memcached"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(err)
		}
	}
	all, err := startAll(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer stopAll(all)
	const length, callers = 1000, 4
	for _, c := range all {
		keys, err := c.fill(t.Context(), length, 2*callers)
		if err != nil {
			t.Fatalf("%s: %v", c.name(), err)
		}
		var s samples
		plan := load.Plan{Callers: callers, Span: 50 * time.Millisecond, Caller: getter(c, keys, length, callers)}
		if err := s.measure(t.Context(), c, plan); err != nil {
			t.Error(err)
		}
		if got, err := c.getMany(t.Context(), keys); err != nil || got != length*len(keys) {
			t.Errorf("%s got %d bytes of many keys, want %d, %v", c.name(), got, length*len(keys), err)
		}
		if s.rate.Median() <= 0 {
			t.Errorf("%s got nothing", c.name())
		}
	}
}

func TestAnUnknownContenderIsRefused(t *testing.T) {
	if all, err := startAll(t.Context(), []string{"nobody"}); err == nil {
		stopAll(all)
		t.Error("started a contender that there is not")
	}
}
