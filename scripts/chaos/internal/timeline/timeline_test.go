package timeline_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/timeline"
)

func TestSummaryCountsOutcomesAndTimesWhatWasServed(t *testing.T) {
	var gets []timeline.Get
	for i := range 100 {
		gets = append(gets, timeline.Get{Took: time.Duration(i+1) * time.Millisecond})
	}
	gets = append(gets, timeline.Get{Took: time.Hour, Outcome: timeline.Failed}, timeline.Get{Took: time.Hour, Outcome: timeline.Lost},
		timeline.Get{Took: time.Hour, Outcome: timeline.Wrong})
	got := timeline.Summarize(gets)
	want := timeline.Summary{
		Gets: 103, Errors: 1, Wrong: 1, Lost: 1, P50: 51 * time.Millisecond, P99: 100 * time.Millisecond, Longest: 100 * time.Millisecond,
	}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := timeline.Summarize(nil); got != (timeline.Summary{}) {
		t.Errorf("nothing is summed up as %+v", got)
	}
}

func TestRecordingPutsEachGetIntoItsPieceOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := timeline.Start()
		for range 3 {
			line.AddGet(time.Now(), timeline.Served)
			time.Sleep(time.Second)
		}
		line.AddGet(time.Now().Add(-1500*time.Millisecond), timeline.Failed)
		line.Event("a fault")
		line.Complain("it failed")
		r := line.Record()
		at := map[time.Duration]timeline.Summary{}
		gets := 0
		for i, p := range r.Pieces {
			at[time.Duration(i)*r.Step] = p
			gets += p.Gets
		}
		if gets != 4 || at[0].Gets != 1 || at[time.Second].Gets != 1 || at[1500*time.Millisecond].Errors != 1 {
			t.Errorf("%d Gets in %+v", gets, at)
		}
		if len(r.Events) != 1 || r.Events[0].At != 3*time.Second || len(r.Complaints) != 1 {
			t.Errorf("events %v, complaints %v", r.Events, r.Complaints)
		}
	})
}

func TestLongRecordingsAreThinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		line := timeline.Start()
		for range 3600 {
			line.AddLook(timeline.Look{Node: "a"})
			line.AddLook(timeline.Look{Node: "b"})
			time.Sleep(time.Second)
		}
		r := line.Record()
		if len(r.Pieces) > 700 || len(r.Looks) < 600 || len(r.Looks) > 1400 {
			t.Errorf("%d pieces and %d looks of an hour", len(r.Pieces), len(r.Looks))
		}
	})
}
