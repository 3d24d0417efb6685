package membership_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

func TestAMemberIsSettledOnceAllOthersKnowIt(t *testing.T) {
	t.Parallel()
	simulate(t, 0, func(s *simulation) {
		for i := range 4 {
			s.start(i, 0)
		}
		s.agree(5*time.Second, s.numbers()...)
		fresh := func(a netip.Addr) bool { return a == ipOf(0) || a == ipOf(4) }
		s.net.Cut(func(from, to netip.Addr) bool { return fresh(from) != fresh(to) })
		s.listen(4)
		var joining sync.WaitGroup
		joining.Go(func() { s.join(4, 0) })
		defer joining.Wait()
		time.Sleep(200 * time.Millisecond) // so that no member seems to be dead
		if got, others := s.members[4].Standing(), len(s.members[4].Snapshot().Members)-1; !got.Known || got.Settled || others != 4 {
			t.Errorf("its standing is %+v when one of %d others can know it", got, others)
		}
		s.net.Cut(nil)
		time.Sleep(3 * time.Second)
		if got := s.members[4].Standing(); !got.Settled {
			t.Errorf("its standing is %+v when all can know it", got)
		}
		s.agree(0, s.numbers()...)
	})
}

func TestAMemberWaitsForNobodyForEver(t *testing.T) {
	t.Parallel()
	simulate(t, 0, func(s *simulation) {
		s.start(0)
		deaf, hears := make(chan struct{}), s.config(1, 1)
		hears.OnSnapshot = func(membership.Snapshot) { <-deaf }
		s.startAs(1, hears)
		defer close(deaf)
		s.join(1, 0)
		s.start(2, 0)
		if got := s.members[2].Standing(); !got.Known || got.Settled {
			t.Errorf("its standing is %+v when one of the others was told of nobody", got)
		}
		time.Sleep(28 * time.Second)
		s.members[2].Ask()
		time.Sleep(7 * time.Second)
		if got := s.members[2].Standing(); got.Settled {
			t.Errorf("its standing is %+v, and has been open anew for 7s", got)
		}
		time.Sleep(28 * time.Second)
		if got := s.members[2].Standing(); !got.Settled {
			t.Errorf("its standing is %+v after 35s", got)
		}
	})
}

// What node counts on: whatever a member does, it reaches all that are settled, be it through another one that tells those who
// have come lately, or because they are not settled while it does not know them.
func TestWhoIsSettledIsReachedByAll(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			simulate(t, 0, func(s *simulation) { restartAtRandom(s, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

// restartAtRandom has five members end, with or without a word, and start again at new places, each through the next one.
func restartAtRandom(s *simulation, rnd *rand.Rand) {
	places := map[int]int{}
	for i := range 5 {
		s.start(i, 0)
		places[i] = i
	}
	s.agree(5*time.Second, s.numbers()...)
	w := watcher{s, map[[2]uint64]time.Time{}}
	for place := range 30 {
		w.watch(time.Duration(rnd.Int64N(int64(2 * time.Second))))
		i := rnd.IntN(5)
		if rnd.IntN(2) == 0 {
			s.leave(i)
		} else {
			s.kill(i)
		}
		if rnd.IntN(4) == 0 {
			w.watch(2 * time.Second)
		}
		s.listenAt(i, 5+place)
		s.join(i, places[(i+1)%5])
		places[i] = 5 + place
	}
	s.agree(10*time.Second, s.numbers()...)
}

// watcher watches who knows whom.
type watcher struct {
	s     *simulation
	since map[[2]uint64]time.Time // since when one knows another, by their boot ids
}

func (w watcher) watch(d time.Duration) {
	w.s.t.Helper()
	for began := time.Now(); time.Since(began) < d; time.Sleep(10 * time.Millisecond) {
		w.note()
		for i, c := range w.s.members {
			for j, from := range w.s.members {
				if i != j && c.Standing().Settled && !w.reaches(from, c) {
					w.s.t.Fatalf("%d is settled, and what %d says does not reach it", i, j)
				}
			}
		}
	}
}

func (w watcher) note() {
	for _, c := range w.s.members {
		for _, other := range w.s.members {
			pair := [2]uint64{c.Self().Boot, other.Self().Boot}
			switch _, was := w.since[pair]; {
			case !knows(c, other):
				delete(w.since, pair)
			case !was:
				w.since[pair] = time.Now()
			}
		}
	}
}

// reaches tells whether from knows to, or somebody who has come to know it in the last seconds, and passes on what it is told.
func (w watcher) reaches(from, to *membership.Cluster) bool {
	if knows(from, to) {
		return true
	}
	for _, via := range w.s.members {
		lately := time.Since(w.since[[2]uint64{via.Self().Boot, to.Self().Boot}]) < 5*time.Second
		if via != to && knows(from, via) && knows(via, to) && lately {
			return true
		}
	}
	return false
}

func knows(c, other *membership.Cluster) bool {
	return slices.Contains(c.Snapshot().Members, other.Self())
}
