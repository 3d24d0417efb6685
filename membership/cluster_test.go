package membership_test

import (
	"context"
	"errors"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/membership"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAMemberAloneSeesItself(t *testing.T) {
	t.Parallel()
	cfg := config("a")
	cfg.Zone, cfg.Weight = "z", 3
	c := start(t, cfg)

	s := c.Snapshot()
	if s.Version != 1 || len(s.Members) != 1 || s.Members[0] != c.Self() {
		t.Fatalf("first snapshot is %+v, want version 1 with %+v alone", s, c.Self())
	}
	self := c.Self()
	if self.Name != "a" || self.HTTPAddr != cfg.HTTPAddr || self.Zone != "z" || self.Weight != 3 || self.Draining {
		t.Errorf("self is %+v", self)
	}
	if self.Boot == 0 || !strings.HasPrefix(self.GossipAddr, loopback()+":") || strings.HasSuffix(self.GossipAddr, ":0") {
		t.Errorf("self is %+v, want a boot id and its port", self)
	}
}

func TestThreeMembersAgree(t *testing.T) {
	t.Parallel()
	startJoined(t, "b", "c", "a")
}

func TestJoinReturnsWithTheSeedsMembersInTheSnapshot(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	c := start(t, config("c"))
	join(t, c, all[0])
	if !has(c, "a") || !has(c, "b") {
		t.Errorf("snapshot after Join is %+v, want a and b in it", c.Snapshot())
	}
}

func TestAFastRestartAtTheSameAddressShowsTheNewBoot(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	before := all[2].Self()
	closeCluster(t, all[2])

	cfg := config("c")
	cfg.Bind = before.GossipAddr
	again := start(t, cfg)
	join(t, again, all[0])
	agree(t, all[0], all[1], again)
	if after := again.Self(); after.Boot <= before.Boot {
		t.Errorf("boot went from %d to %d, want it to grow", before.Boot, after.Boot)
	}
}

func TestARestartAfterLeaveIsBackAtTheSameAddress(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	addr := all[2].Self().GossipAddr
	if err := all[2].Leave(deadline(t)); err != nil {
		t.Fatal(err)
	}
	cfg := config("c")
	cfg.Bind = addr
	again := start(t, cfg)
	join(t, again, all[0])
	agree(t, all[0], all[1], again)
}

func TestAKilledMembersNameIsGoodAtANewAddress(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	closeCluster(t, all[2])

	again := start(t, config("c"))
	join(t, again, all[0])
	agree(t, all[0], all[1], again)
}

func TestALeftMembersNameIsGoodAtANewAddress(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	if err := all[2].Leave(deadline(t)); err != nil {
		t.Fatal(err)
	}
	again := start(t, config("c"))
	join(t, again, all[0])
	agree(t, all[0], all[1], again)
}

func TestAnAddressIsGoodForANewName(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	addr := all[2].Self().GossipAddr
	closeCluster(t, all[2])

	cfg := config("d")
	cfg.Bind = addr
	again := start(t, cfg)
	join(t, again, all[0])
	agree(t, all[0], all[1], again)
}

func TestCallsAfterCloseSayClosed(t *testing.T) {
	t.Parallel()
	c := start(t, config("a"))
	last := c.Snapshot()
	closeCluster(t, c)
	closeCluster(t, c)

	ctx := deadline(t)
	for call, err := range map[string]error{
		"Join": c.Join(ctx, "127.0.0.1:1"), "Drain": c.Drain(ctx), "Leave": c.Leave(ctx),
	} {
		if !errors.Is(err, membership.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", call, err)
		}
	}
	if s := c.Snapshot(); s.Version != last.Version || c.Self().Name != "a" {
		t.Errorf("snapshot after Close is %+v, want the last one", s)
	}
}

func TestCloseMayRunBesideEverything(t *testing.T) {
	t.Parallel()
	for range 5 {
		all := startJoined(t, "a", "b")
		ctx := deadline(t)
		var wg sync.WaitGroup
		for _, call := range []func(){
			func() { _ = all[1].Join(ctx, all[0].Self().GossipAddr, "127.0.0.1:1", "localhost:1") },
			func() { _ = all[1].Drain(ctx) },
			func() { _ = all[1].Leave(ctx) },
			func() { _ = all[1].Leave(ctx) },
			func() { _ = all[1].Close() },
			func() { _ = all[1].Close() },
			func() { all[1].Snapshot(); all[1].Self(); all[1].Stats() },
		} {
			wg.Go(call)
		}
		wg.Wait()
		closeCluster(t, all[0])
	}
}

func TestCloseWaitsForTheGoroutinesOfMemberlist(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	if !all[0].HasGossipGoroutines() || !all[1].HasGossipGoroutines() {
		t.Fatal("no goroutine of memberlist is found while it runs")
	}
	closeCluster(t, all[0])
	if all[0].HasGossipGoroutines() {
		t.Error("some run after Close")
	}
	if !all[1].HasGossipGoroutines() {
		t.Error("those of another cluster were not told apart")
	}
}

func TestStartKeepsTheProfilerLabelsOfItsCaller(t *testing.T) {
	pprof.Do(context.Background(), pprof.Labels("caller", "test"), func(context.Context) {
		start(t, config("a"))
		var profile strings.Builder
		if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(profile.String(), `"caller":"test"`) {
			t.Error("the label is gone")
		}
	})
}

func TestCloseLeavesNoGoroutineAndNoDescriptor(t *testing.T) {
	ignore := goleak.IgnoreCurrent()
	before := descriptors(t)
	all := startJoined(t, "a", "b", "c", "d")
	closeCluster(t, all[0])
	closeCluster(t, all[1]) // while c and d probe a, and b probes it too
	closeCluster(t, all[2])
	closeCluster(t, all[3])
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors are open, %d were before", after, before)
	}
	if err := goleak.Find(ignore); err != nil {
		t.Error(err)
	}
}
