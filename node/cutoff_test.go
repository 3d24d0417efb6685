package node_test

import (
	"testing"

	"github.com/p2pcache/p2pcache/node"
	"github.com/p2pcache/p2pcache/node/nodetest"
)

func TestMembersThatWereAwayOneAfterTheOtherAreNoSignOfACutOff(t *testing.T) {
	nodes := nodetest.Start(t, 3)
	for i, away := range nodes[1:] {
		if i > 0 {
			pauseFor(2 * nodes[0].Patience()) // both are heard of, and then one is not
		}
		nodes[0].ForgetMember(away.Self().Name, true)
		nodes[0].RestoreRing()
	}
	if nodes[0].InDoubt() {
		t.Error("in doubt")
	}
}

func TestMostAtOnce(t *testing.T) {
	for _, c := range []struct {
		spans [][2]int
		want  int
	}{
		{nil, 0},
		{[][2]int{{1, 2}}, 1},
		{[][2]int{{1, 2}, {3, 4}}, 1},
		{[][2]int{{3, 4}, {1, 3}}, 2},
		{[][2]int{{1, 9}, {2, 3}, {4, 5}, {5, 6}}, 3},
		{[][2]int{{1, 9}, {1, 9}, {9, 9}}, 3},
	} {
		if got := node.MostAtOnce(c.spans); got != c.want {
			t.Errorf("%v: %d, want %d", c.spans, got, c.want)
		}
	}
}
