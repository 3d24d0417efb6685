package membership_test

import (
	"flag"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/membership"
)

var restarts = flag.Int("restarts", 50, "how often members start again in each way")

// ways are those in which the last of the members, killed a moment ago, starts again.
var ways = map[string]struct {
	place func(i int) (name, addr int) // of the i-th time
	late  int                          // how many of the times may take more than 2 s
}{
	"in place": {place: func(int) (int, int) { return 4, 4 }},

	// The others heed it once they have found the last run dead. Of some thousands that takes one so long.
	"same name at a new place": {place: func(i int) (int, int) { return 4, 5 + i }, late: 1},

	"new name at the place": {place: func(i int) (int, int) { return 5 + i, 4 }},
}

func TestMembersThatStartAgainAreThereSoon(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simulate(t, 0, func(s *simulation) {
				for i := range 4 {
					s.start(i, 0)
				}
				slowest, late := time.Duration(0), 0
				for i := range *restarts {
					name, addr := way.place(i)
					began := time.Now()
					s.listenAt(name, addr)
					s.join(name, 0)
					s.agree(3*time.Second, s.numbers()...)
					took := time.Since(began)
					if slowest = max(slowest, took); took > 2*time.Second {
						late++
					}
					s.kill(name)
					if addr == 4 && name != 4 {
						time.Sleep(3 * time.Second) // else news went mostly to the dead, see deadProbes
					}
				}
				t.Logf("the slowest of %d took %v", *restarts, slowest)
				if late > way.late {
					t.Errorf("%d of %d took more than 2s", late, *restarts)
				}
			})
		})
	}
}

// Over UDP and TCP, where descriptors could be left.
func TestMembersThatStartAgainLeaveNothing(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			ignore, before := goleak.IgnoreCurrent(), descriptors(t)
			all := []*membership.Cluster{start(t, config("a")), start(t, config("b")), start(t, config("c"))}
			join(t, all[1], all[0])
			join(t, all[2], all[0])
			addrs := map[int]string{}
			for i := range min(5, *restarts) {
				name, addr := way.place(i)
				cfg := config(fmt.Sprint("m", name))
				if addrs[addr] != "" {
					cfg.Bind = addrs[addr]
				}
				c := start(t, cfg)
				addrs[addr] = c.Self().GossipAddr
				join(t, c, all[0])
				agree(t, append(all, c)...)
				closeCluster(t, c)
			}
			for _, c := range all {
				closeCluster(t, c)
			}
			if after := descriptors(t); after > before {
				t.Errorf("%d descriptors are open, %d were before", after, before)
			}
			if err := goleak.Find(ignore); err != nil {
				t.Error(err)
			}
		})
	}
}
