package membership_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

// holder returns the member of c's own name in its snapshot, and whether the snapshot says that it is another one.
func holder(c *membership.Cluster) (membership.Member, bool) {
	m, _ := member(c, c.Self().Name)
	return m, c.Snapshot().NameTaken
}

func TestTheNewerOfTwoLiveMembersOfOneNameLearnsIt(t *testing.T) {
	t.Parallel()
	all := startJoinedAs(t, steady, "a", "b", "c")
	var versions []uint64
	for _, c := range all {
		versions = append(versions, c.Snapshot().Version)
	}
	cfg, log := logged(config("c"))
	second := start(t, cfg)
	err := second.Join(deadline(t), all[0].Self().GossipAddr)
	var taken *membership.NameTakenError
	if !errors.As(err, &taken) || taken.Name != "c" || taken.Holder != all[2].Self().GossipAddr {
		t.Fatalf("Join: %v, want an error that tells of the name's holder %s", err, all[2].Self().GossipAddr)
	}
	eventually(t, "the newer's snapshot has the name's holder in its place", func() bool {
		m, taken := holder(second)
		return taken && m == all[2].Self() && has(second, "a") && has(second, "b")
	})
	eventually(t, "the newer logs an error", func() bool {
		return log.has(`"level":"error"`, "name of this member is taken", all[2].Self().GossipAddr)
	})
	eventually(t, "the cluster counts a conflict", func() bool { return all[0].Stats().Conflicts > 0 })
	if err := errors.Join(second.Drain(deadline(t)), second.Leave(deadline(t))); err != nil {
		t.Errorf("Drain and Leave of the newer: %v", err)
	}
	agree(t, all...)
	for i, c := range all {
		if got := c.Snapshot(); got.Version != versions[i] || got.NameTaken {
			t.Errorf("%s was disturbed: version %d became %+v", c.Self().Name, versions[i], got)
		}
	}
}

func TestANameIsFreeOnceItsHolderIsGone(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	second := start(t, config("c"))
	if err := second.Join(deadline(t), all[0].Self().GossipAddr); err == nil {
		t.Fatal("Join by a name that is taken succeeded")
	}
	closeCluster(t, all[2])
	agree(t, all[0], all[1], second)
	if _, taken := holder(second); taken {
		t.Error("the name is still taken")
	}
}

func TestOfTwoMembersAloneTheOlderKeepsTheName(t *testing.T) {
	t.Parallel()
	for name, joins := range map[string]func(older, newer *membership.Cluster) (*membership.Cluster, string){
		"the newer joins": func(older, newer *membership.Cluster) (*membership.Cluster, string) {
			return newer, older.Self().GossipAddr
		},
		"the older joins": func(older, newer *membership.Cluster) (*membership.Cluster, string) {
			return older, newer.Self().GossipAddr
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			older, newer := start(t, config("a")), start(t, config("a"))
			if older.Self().Boot > newer.Self().Boot { // in one millisecond
				older, newer = newer, older
			}
			c, seed := joins(older, newer)
			_ = c.Join(deadline(t), seed)
			eventually(t, "the newer has yielded", func() bool {
				m, taken := holder(newer)
				return taken && m == older.Self()
			})
			if m, taken := holder(older); taken || m != older.Self() {
				t.Errorf("the older sees %+v, taken: %v", m, taken)
			}
		})
	}
}

// Each side of a partition holds on to its own, and the newer one knows that it came second. Neither counts as settled: what some
// members do passes by it.
func TestOfOneNameOnBothSidesOfAPartitionTheOlderIsLeftInTheEnd(t *testing.T) {
	t.Parallel()
	simulate(t, 0, func(s *simulation) {
		for i := range 5 {
			s.start(i, 0)
		}
		s.agree(5*time.Second, s.numbers()...)
		small := func(a netip.Addr) bool { return a == ipOf(3) || a == ipOf(4) || a == ipOf(9) }
		s.net.Cut(func(from, to netip.Addr) bool { return small(from) != small(to) })
		time.Sleep(10 * time.Second)
		older := s.members[2]
		s.listenAt(2, 9)
		s.join(2, 3)
		newer := s.members[2]
		s.net.Cut(nil)
		eventually(t, "both have heard of it", func() bool {
			m, taken := holder(newer)
			return taken && m == older.Self() && !newer.Standing().Settled && !older.Standing().Settled
		})
		if m, taken := holder(older); taken || m != older.Self() {
			t.Errorf("the older sees %+v, taken: %v", m, taken)
		}
		closeCluster(t, newer)
		s.members[2] = older
		s.agree(10*time.Second, s.numbers()...)
	})
}
