package truth_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/scripts/chaos/internal/truth"
)

func TestValuesAreJudgedByWhenTheyWereAskedFor(t *testing.T) {
	tr := truth.New(3, 100, truth.Forever)
	first := tr.Value(1, tr.Newest(1))
	early := tr.Ask(1)
	version := tr.Change(1)
	second := tr.Value(1, version)
	unsettled := tr.Ask(1)
	tr.Settle(1, version)
	settled := tr.Ask(1)
	for _, c := range []struct {
		name  string
		asked truth.Question
		value []byte
		ok    bool
	}{
		{"old, asked before the change", early, first, true},
		{"new, asked before the change", early, second, true},
		{"old, before the change was confirmed", unsettled, first, true},
		{"old, after the change was confirmed", settled, first, false},
		{"new, after the change was confirmed", settled, second, true},
		{"of the future", settled, tr.Value(1, version+1), false},
		{"another key's", settled, tr.Value(2, 1), false},
		{"cut short", settled, second[:len(second)-1], false},
		{"changed on its way", settled, append([]byte{second[0] ^ 1}, second[1:]...), false},
		{"nothing", settled, nil, false},
	} {
		if err := c.asked.Judge(c.value); (err == nil) != c.ok {
			t.Errorf("%s: %v, want ok %v", c.name, err, c.ok)
		}
	}
}

func TestWhatWasReplacedMayBeAnsweredUntilItsBoundHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tr := truth.New(1, 50, 10*time.Second)
		first := tr.Value(0, 1)
		tr.Change(0)
		time.Sleep(10 * time.Second)
		late := tr.Ask(0)
		if err := late.Judge(first); err != nil {
			t.Errorf("at its bound: %v", err)
		}
		time.Sleep(time.Nanosecond)
		if err := tr.Ask(0).Judge(first); err == nil {
			t.Error("what is past its bound was taken for true")
		}
		if err := late.Judge(first); err != nil {
			t.Errorf("asked for before the bound had passed: %v", err)
		}
	})
}

func TestKeysHaveNumbers(t *testing.T) {
	tr := truth.New(11, 10, truth.Forever)
	if i, ok := tr.Index(truth.Key(10)); !ok || i != 10 {
		t.Errorf("k10 is %d, %v", i, ok)
	}
	for _, name := range []string{"", "k", "k11", "k-1", "k01", "x1", "k1 "} {
		if i, ok := tr.Index(name); ok {
			t.Errorf("%q is key %d, want none", name, i)
		}
	}
}

func FuzzValuesThatWereNotMadeAreRefused(f *testing.F) {
	f.Add([]byte("k1 1 abc"), 1)
	f.Add([]byte("k1 18446744073709551616 "), 1)
	tr := truth.New(3, 20, truth.Forever)
	f.Add(tr.Value(2, 7), 2)
	f.Fuzz(func(t *testing.T, value []byte, i int) {
		version, err := tr.Version(i, value)
		if err == nil && string(tr.Value(i, version)) != string(value) {
			t.Errorf("%q was taken for version %d of key %d", value, version, i)
		}
	})
}
