package node_test

import (
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

func TestAWindowFollowsHowLongRepliesTake(t *testing.T) {
	late := false
	w := node.NewWindow(func() bool { return late })
	replies := func(n int, took time.Duration) int {
		for range n {
			w.Enter()
			w.Leave(took)
		}
		return w.Limit()
	}
	if n := replies(1000, time.Millisecond); n < 30 {
		t.Errorf("a window of %d after replies that came as fast as ever", n)
	}
	if n := replies(100, 20*time.Millisecond); n != 1 {
		t.Errorf("a window of %d after slow replies", n)
	}
	late = true
	if n := replies(1000, 20*time.Millisecond); n < 30 {
		t.Errorf("a window of %d where time runs out", n)
	}
}

func TestLittleIsHandedOverSlowlyAndMuchAtTheRateThatIsAllowed(t *testing.T) {
	const mb = 1 << 20
	for _, c := range []struct{ held, serving, leaving float64 }{
		{0, 2 * mb, 2 * mb},
		{16 * mb, 4 * mb, 16 * mb},
		{128 * mb, 32 * mb, 64 * mb},
		{1024 * mb, 64 * mb, 64 * mb},
	} {
		if serving, leaving := node.HandOverPace(c.held); serving != c.serving || leaving != c.leaving {
			t.Errorf("%v bytes are handed over at %v bytes/s, want %v; by a node that leaves at %v, want %v",
				c.held, serving, c.serving, leaving, c.leaving)
		}
	}
}
