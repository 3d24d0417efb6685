package membership_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

func TestALeaveIsSeenAndSaidToBeOne(t *testing.T) {
	t.Parallel()
	cfg, log := logged(steady("a"))
	a, b := start(t, cfg), start(t, steady("b"))
	join(t, b, a)
	agree(t, a, b)

	if err := b.Leave(deadline(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a sees b leave", func() bool { return !has(a, "b") })
	eventually(t, "a logs a join, a drain and a leave", func() bool {
		return log.has("member joined", `"member":"b"`) && log.has("member left", `"member":"b"`)
	})
	if log.has("member died") {
		t.Error("a logged a death")
	}
}

func TestAKillIsSeenAndSaidToBeADeath(t *testing.T) {
	t.Parallel()
	cfg, log := logged(config("a"))
	a, b, c := start(t, cfg), start(t, config("b")), start(t, config("c"))
	join(t, b, a)
	join(t, c, a)
	agree(t, a, b, c)

	closeCluster(t, b)
	agree(t, a, c)
	eventually(t, "a logs the death", func() bool { return log.has("member died", `"member":"b"`) })
	if log.has("member left") {
		t.Error("a logged a leave")
	}
}

func TestWhoLeavesIsToldFromWhoDiesThoughSnapshotsAreSkipped(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c", "d")
	b := all[1].Self()
	if err := all[1].Leave(deadline(t)); err != nil {
		t.Fatal(err)
	}
	closeCluster(t, all[2])
	agree(t, all[0], all[3])
	if got := all[0].Snapshot().Left; len(got) != 1 || got[0].Name != b.Name || got[0].Boot != b.Boot {
		t.Errorf("%+v left, want %+v", got, b)
	}
}

func TestADrainIsSeenBeforeItReturnsMuchLater(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	if err := all[2].Drain(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if !all[2].Self().Draining {
		t.Error("self is not draining after Drain")
	}
	agree(t, all...)
	if m, _ := member(all[0], "c"); !m.Draining {
		t.Errorf("a sees %+v, want it draining", m)
	}
	if err := all[2].Drain(deadline(t)); err != nil {
		t.Errorf("second Drain: %v", err)
	}
}

func TestAloneNothingWaits(t *testing.T) {
	t.Parallel()
	c := start(t, config("a"))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := c.Drain(ctx); err != nil {
		t.Errorf("Drain alone: %v", err)
	}
	if err := c.Leave(ctx); err != nil {
		t.Errorf("Leave alone: %v", err)
	}
}

func TestLeaveClosesEvenIfTimeIsUp(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	ctx, cancel := context.WithDeadline(context.Background(), time.Now())
	defer cancel()
	if err := all[1].Leave(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Leave: %v, want the deadline's error", err)
	}
	if err := all[1].Drain(deadline(t)); !errors.Is(err, membership.ErrClosed) {
		t.Errorf("Drain after Leave: %v, want ErrClosed", err)
	}
	agree(t, all[0])
}

func TestCloseInterruptsADrain(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	done := make(chan error)
	go func() {
		var err error
		for err == nil {
			err = all[1].Drain(context.Background())
		}
		done <- err
	}()
	eventually(t, "the drain is under way", func() bool { return all[1].Self().Draining })
	closeCluster(t, all[1])
	if err := <-done; !errors.Is(err, membership.ErrClosed) {
		t.Errorf("Drain: %v, want ErrClosed", err)
	}
}
