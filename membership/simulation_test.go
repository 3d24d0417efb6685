package membership_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/membership/simnet"
)

// simulation is a cluster in memory, in a bubble whose time passes as fast as the processor allows.
type simulation struct {
	t       testing.TB
	net     *simnet.Network
	members map[int]*membership.Cluster // by the number that a member's name and address have
}

// simulate runs f in a bubble, on a network of 1 ms delay that loses so much.
func simulate(t *testing.T, loss float64, f func(*simulation)) {
	synctest.Test(t, func(t *testing.T) {
		s := &simulation{t, simnet.New(simnet.Config{Delay: time.Millisecond, Loss: loss}), map[int]*membership.Cluster{}}
		defer func() {
			for _, c := range s.members {
				closeCluster(t, c)
			}
		}()
		f(s)
	})
}

func ipOf(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}) }

func addrOf(i int) string { return netip.AddrPortFrom(ipOf(i), 7946).String() }

// start starts a member, which joins through those of the seeds' numbers.
func (s *simulation) start(i int, seeds ...int) {
	s.t.Helper()
	s.listen(i)
	s.join(i, seeds...)
}

// listen starts a member that knows nobody.
func (s *simulation) listen(i int) {
	s.t.Helper()
	s.listenAt(i, i)
}

// listenAt starts a member whose name has one number, by which it is known here, and whose address has another.
func (s *simulation) listenAt(name, addr int) {
	s.t.Helper()
	s.startAs(name, s.config(name, addr))
}

func (s *simulation) config(name, addr int) membership.Config {
	ip := ipOf(addr)
	return membership.Config{
		Name: fmt.Sprint("m", name), HTTPAddr: netip.AddrPortFrom(ip, 80).String(), Bind: addrOf(addr), Network: s.net.Host(ip),
	}
}

func (s *simulation) startAs(name int, cfg membership.Config) {
	s.t.Helper()
	c, err := membership.Start(cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	s.members[name] = c
}

func (s *simulation) join(i int, seeds ...int) {
	var addrs []string
	for _, seed := range seeds {
		addrs = append(addrs, addrOf(seed))
	}
	_ = s.members[i].Join(s.t.Context(), addrs...) // goes on trying
}

func (s *simulation) kill(i int) {
	closeCluster(s.t, s.members[i])
	delete(s.members, i)
}

func (s *simulation) leave(i int) {
	if err := s.members[i].Leave(s.t.Context()); err != nil {
		s.t.Error(err)
	}
	delete(s.members, i)
}

// numbers returns the members' numbers, sorted.
func (s *simulation) numbers() []int { return slices.Sorted(maps.Keys(s.members)) }

// agreed tells whether the members of those numbers see exactly each other.
func (s *simulation) agreed(numbers ...int) bool {
	var want []membership.Member
	for _, i := range numbers {
		want = append(want, s.members[i].Self())
	}
	slices.SortFunc(want, func(a, b membership.Member) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return !slices.ContainsFunc(numbers, func(i int) bool { return !slices.Equal(s.members[i].Snapshot().Members, want) })
}

// agree waits until they do and returns how long that took.
func (s *simulation) agree(limit time.Duration, numbers ...int) time.Duration {
	s.t.Helper()
	began := time.Now()
	for !s.agreed(numbers...) {
		if time.Since(began) > limit {
			for _, i := range numbers {
				s.t.Logf("%d sees %d members", i, len(s.members[i].Snapshot().Members))
			}
			s.t.Fatalf("%d members do not agree after %v", len(numbers), limit)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

func TestAKillAndAJoinAreSeenSoon(t *testing.T) {
	t.Parallel()
	simulate(t, 0, func(s *simulation) {
		for i := range 20 {
			s.start(i, 0)
		}
		s.agree(5*time.Second, s.numbers()...)
		s.start(20, 7)
		t.Logf("join: %v", s.agree(time.Second, s.numbers()...))
		s.kill(11)
		t.Logf("kill: %v", s.agree(4*time.Second, s.numbers()...))
		s.leave(3)
		t.Logf("leave: %v", s.agree(time.Second, s.numbers()...))
	})
}

func TestFiftyJoinBackToBack(t *testing.T) {
	t.Parallel()
	simulate(t, 0.01, func(s *simulation) {
		began := time.Now()
		for i := range 50 {
			s.start(i, rand.N(max(i, 1)))
		}
		s.agree(5*time.Second, s.numbers()...)
		t.Logf("%v", time.Since(began))
	})
}

func TestAPartitionHeals(t *testing.T) {
	t.Parallel()
	for _, lasts := range []time.Duration{10 * time.Second, time.Minute} {
		t.Run(lasts.String(), func(t *testing.T) {
			t.Parallel()
			simulate(t, 0, func(s *simulation) {
				for i := range 5 {
					s.start(i, 0)
				}
				s.agree(5*time.Second, s.numbers()...)
				s.net.Cut(func(from, to netip.Addr) bool { return from.Less(ipOf(3)) != to.Less(ipOf(3)) })
				time.Sleep(lasts)
				if !s.agreed(0, 1, 2) || !s.agreed(3, 4) {
					t.Error("the sides do not see themselves alone")
				}
				s.net.Cut(nil)
				t.Logf("healed after %v", s.agree(15*time.Second, s.numbers()...))
			})
		})
	}
}

func TestAllStartAtOnce(t *testing.T) {
	t.Parallel()
	for range 10 {
		simulate(t, 0, func(s *simulation) {
			var wg sync.WaitGroup
			everyone := rand.Perm(10)
			for _, i := range everyone {
				s.listen(i)
			}
			for _, i := range everyone {
				wg.Go(func() { s.join(i, everyone...) })
			}
			wg.Wait()
			t.Logf("%v", s.agree(15*time.Second, s.numbers()...))
		})
	}
}

// Whatever happens to members, in whatever order and however close together, they agree in the end, and on what did
// happen.
func TestMembersAgreeOnWhatHappened(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			simulate(t, 0.02, func(s *simulation) { churn(s, rand.New(rand.NewPCG(seed, 0))) })
		})
	}
}

// churn makes random things happen to a dozen members at most, the first of which stays.
func churn(s *simulation, rnd *rand.Rand) {
	s.start(0)
	for range 60 {
		i := 1 + rnd.IntN(11)
		c, up := s.members[i]
		switch action := rnd.IntN(4); {
		case !up:
			s.start(i, s.numbers()[rnd.IntN(len(s.members))], 0)
		case action == 0:
			s.kill(i)
		case action == 1:
			s.leave(i)
		case action == 2:
			if err := c.Drain(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		default:
			s.kill(i)
			s.start(i, 0) // before it is missed
		}
		time.Sleep(time.Duration(rnd.Int64N(int64(2 * time.Second))))
	}
	s.agree(30*time.Second, s.numbers()...)
}
