package relay

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Faults are what befalls one client's traffic, each way. The zero value is none.
type Faults struct {
	To   Way // from the client to the target
	From Way // back
}

// Both returns the same faults for both ways.
func Both(w Way) Faults { return Faults{To: w, From: w} }

// Way is what befalls what goes one way.
type Way struct {
	Delay     time.Duration // of everything
	Jitter    time.Duration // the most that is added to Delay, at random
	Loss      float64       // the part that is lost, 0 to 1; on TCP, what is sent again and comes late
	Bandwidth int64         // bytes a second; 0 is no limit
	Cut       bool          // nothing passes; on TCP, it passes later if the connection is still there
}

// retransmission is how late comes what is lost on TCP and sent again: the least that Linux waits for.
const retransmission = 200 * time.Millisecond

// cutPoll is how often it is looked whether something is still cut.
const cutPoll = 10 * time.Millisecond

// Validate tells what is wrong with the faults.
func (f Faults) Validate() error { return errors.Join(f.To.validate(), f.From.validate()) }

func (w Way) validate() error {
	switch {
	case w.Delay < 0 || w.Jitter < 0:
		return fmt.Errorf("delay %v, jitter %v: want no negative duration", w.Delay, w.Jitter)
	case !(w.Loss >= 0 && w.Loss <= 1):
		return fmt.Errorf("loss %v: want 0 to 1", w.Loss)
	case w.Bandwidth < 0:
		return fmt.Errorf("bandwidth %d: want bytes a second, or 0 for no limit", w.Bandwidth)
	}
	return nil
}

// lag is how long something takes on its way.
func (w Way) lag() time.Duration {
	if w.Jitter <= 0 {
		return w.Delay
	}
	return w.Delay + rand.N(w.Jitter)
}

// loses tells by lot whether something is lost.
func (w Way) loses() bool { return w.Loss > 0 && rand.Float64() < w.Loss }

// transmission is how long size bytes occupy the line.
func (w Way) transmission(size int) time.Duration {
	if w.Bandwidth == 0 {
		return 0
	}
	return time.Duration(float64(size) / float64(w.Bandwidth) * float64(time.Second))
}

// wait waits, and is false where ctx ends first.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
