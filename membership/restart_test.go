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

// ways are those in which the last of the members, killed a moment ago, starts again: name and address of the i-th time.
var ways = map[string]func(i int) (name, addr int){
	"in place":                 func(int) (int, int) { return 4, 4 },
	"same name at a new place": func(i int) (int, int) { return 4, 5 + i },
	"new name at the place":    func(i int) (int, int) { return 5 + i, 4 },
}

func TestMembersThatStartAgainAreThereSoon(t *testing.T) {
	t.Parallel()
	for way, place := range ways {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			simulate(t, 0, func(s *simulation) {
				for i := range 4 {
					s.start(i, 0)
				}
				slowest := time.Duration(0)
				for i := range *restarts {
					name, addr := place(i)
					s.listenAt(name, addr)
					s.join(name, 0)
					slowest = max(slowest, s.agree(2*time.Second, s.numbers()...)) // mostly they do when Join returns
					s.kill(name)
					if way == "new name at the place" {
						time.Sleep(3 * time.Second) // else news went mostly to the dead, see deadProbes
					}
				}
				t.Logf("the slowest of %d took %v", *restarts, slowest)
			})
		})
	}
}

// Over UDP and TCP, where descriptors could be left.
func TestMembersThatStartAgainLeaveNothing(t *testing.T) {
	for way, place := range ways {
		t.Run(way, func(t *testing.T) {
			ignore, before := goleak.IgnoreCurrent(), descriptors(t)
			all := []*membership.Cluster{start(t, config("a")), start(t, config("b")), start(t, config("c"))}
			join(t, all[1], all[0])
			join(t, all[2], all[0])
			addrs := map[int]string{}
			for i := range min(5, *restarts) {
				name, addr := place(i)
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
