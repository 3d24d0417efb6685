package node_test

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/node"
)

func opensAfter(b *node.Breaker, failures int, took time.Duration) bool {
	for range failures - 1 {
		if b.Failed(took) {
			return false
		}
	}
	return b.Failed(took)
}

func TestABreakerOpensAfterFailuresInARow(t *testing.T) {
	var b node.Breaker
	if !opensAfter(&b, 3, time.Millisecond) {
		t.Fatal("three failures in a row did not open it, or fewer did")
	}
	if ok, probe := b.Admits(); ok || probe {
		t.Errorf("open, it admits a request (%v) or a probe (%v) at once", ok, probe)
	}
	if !b.Succeeded() {
		t.Error("a reply did not close it")
	}
	if ok, _ := b.Admits(); !ok {
		t.Error("closed, it admits nothing")
	}
}

func TestABreakerOpensAfterOneSlowFailure(t *testing.T) {
	var b node.Breaker
	if !b.Failed(time.Second) {
		t.Error("a request that took a second in vain did not open it")
	}
}

func TestABreakerOpensWhenTooManyRequestsAreMadeTwice(t *testing.T) {
	var b node.Breaker
	fails := func(replies int) (n int) {
		for n = 1; n < 1000 && !b.Failed(time.Millisecond); n++ {
			for range replies {
				b.Succeeded()
			}
		}
		return n
	}
	if n := fails(20); n != 1000 {
		t.Errorf("one failure in 20 opened it after %d failures", n)
	}
	if n := fails(1); n > 50 {
		t.Errorf("one failure in 2 opened it only after %d failures", n)
	}
}

func TestABreakersWindowsGrowAndLetOneProbeThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b node.Breaker
		b.Failed(time.Second)
		var last time.Duration
		for range 10 {
			opened := time.Now()
			for _, probe := b.Admits(); !probe; _, probe = b.Admits() {
				time.Sleep(time.Millisecond)
			}
			window := time.Since(opened)
			if ok, probe := b.Admits(); ok || probe {
				t.Fatal("while it is probed, a second request or probe is let through")
			}
			if window < last*5/4 && window < 7500*time.Millisecond || window > 12500*time.Millisecond {
				t.Errorf("a window of %v after one of %v", window, last)
			}
			last = window
			b.Probed(true)
		}
		if !b.Succeeded() {
			t.Fatal("a reply did not close it")
		}
		time.Sleep(time.Minute)
		b.Failed(time.Second)
		time.Sleep(time.Second)
		if _, probe := b.Admits(); !probe {
			t.Error("after a good minute, the first window is not a short one")
		}
	})
}

func TestHedgesBeginWhereOneOfTwentyIsSlower(t *testing.T) {
	var tail node.Tail
	if after := tail.HedgeAfter(); after != 50*time.Millisecond {
		t.Errorf("a peer that never answered is hedged after %v", after)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		tail.Observe(time.Duration(random.Float64() * float64(20*time.Millisecond)))
	}
	p95 := tail.HedgeAfter()
	if p95 < 17*time.Millisecond || p95 > 21*time.Millisecond {
		t.Errorf("the p95 of times from 0 to 20 ms is estimated as %v", p95)
	}
	tail.Hedged(40)
	if after := tail.HedgeAfter(); after != 2*p95 {
		t.Errorf("when few hedges are left, they come after %v, want twice the p95 of %v", after, p95)
	}
}

func TestWhatANewConnectionTookIsSoonForgotten(t *testing.T) {
	var tail node.Tail
	tail.Observe(20 * time.Millisecond)
	for range 150 {
		tail.Observe(time.Millisecond / 2)
	}
	if after := tail.HedgeAfter(); after > 3*time.Millisecond {
		t.Errorf("after 150 replies within 0.5 ms, and a first one of 20 ms, a copy is asked for after %v", after)
	}
}

func TestAProbeOfBeforeABreakerWasClosedDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b node.Breaker
		b.Failed(time.Second)
		time.Sleep(time.Second)
		if _, probe := b.Admits(); !probe {
			t.Fatal("it admits no probe after a second")
		}
		b.Succeeded() // a write had a reply
		for range 10 {
			b.Probed(true)
		}
		b.Failed(time.Second)
		time.Sleep(time.Second + 300*time.Millisecond) // the second window is a second, or a quarter more
		if _, probe := b.Admits(); !probe {
			t.Error("it admits no probe after the second window")
		}
	})
}
