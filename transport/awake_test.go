package transport_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/transport"
)

func TestATimerOfAProcessThatIsAwakeIsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, over := time.Now(), make(chan time.Duration, 2)
		stop := transport.AfterAwake(time.Second, func() { over <- time.Since(began) })
		if took := <-over; took != time.Second {
			t.Errorf("it was over after %v, want a second", took)
		}
		time.Sleep(time.Minute)
		stop()
		if len(over) > 0 {
			t.Error("it was over twice")
		}
		stop = transport.AfterAwake(time.Second, func() { t.Error("it was over though it was stopped") })
		time.Sleep(time.Second / 2)
		stop()
		time.Sleep(time.Minute)
	})
}

func TestAStepThatIsLateCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, over := time.Now(), make(chan time.Duration, 1)
		late := transport.AfterAwakeLate(time.Second, 10*time.Second, func() { over <- time.Since(began) })
		defer late()
		if took := <-over; took != 10*time.Second+time.Second*9/10 {
			t.Errorf("it was over after %v, want the time that it was kept waiting and nine steps", took)
		}
	})
}
