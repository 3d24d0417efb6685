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
