package summary_test

import (
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/pages"
	"github.com/p2pcache/p2pcache/cmd/p2pcache/internal/summary"
	"github.com/p2pcache/p2pcache/node"
)

// counted returns the stats of a member with two groups, with gets Gets of a millisecond in each.
func counted(uptime float64, gets uint64) *pages.Stats {
	group := func(name string) pages.GroupStats {
		return pages.GroupStats{
			Name: name, Gets: map[node.Source]uint64{node.SourceLocal: gets / 2, node.SourcePeer: gets - gets/2}, Served: gets, OriginLoads: gets / 10,
			Owned: pages.Holding{Entries: 3, Bytes: 30}, Hot: pages.Holding{Entries: 1, Bytes: 10}, MaxBytes: 100,
			GetSeconds: map[node.Source]pages.Histogram{node.SourceLocal: {Buckets: []uint64{0, gets, 0}}},
		}
	}
	return &pages.Stats{
		State: "ready", UptimeSeconds: uptime, BucketSeconds: []float64{0.001, 0.002}, Groups: []pages.GroupStats{group("a"), group("b")}, MemoryBytes: 1000,
	}
}

func cluster(ms int64, members ...pages.MemberStats) *pages.Cluster {
	return &pages.Cluster{UnixMilli: ms, Members: members}
}

func member(name string, stats *pages.Stats) pages.MemberStats {
	return pages.MemberStats{Member: pages.Member{Name: name}, Share: 0.5, Stats: stats}
}

func TestSinceEachMemberBegan(t *testing.T) {
	members, all := summary.Of(cluster(0, member("one", counted(1, 100)), member("two", counted(1, 300))), nil, "")
	if len(members) != 2 || members[0].Gets != 200 || members[1].Gets != 600 || all.Gets != 800 || all.Loads != 80 || all.HitRatio != 0.9 {
		t.Errorf("%+v, all %+v", members, all)
	}
	if all.Entries != 16 || all.Bytes != 160 || all.MaxBytes != 400 || all.Memory != 2000 {
		t.Errorf("all hold %+v", all)
	}
	if all.P50 < time.Millisecond || all.P99 > 2*time.Millisecond || members[0].HitRatio != 0.95 || members[0].State != "serving" {
		t.Errorf("%+v, %+v", members[0], all)
	}
	if _, one := summary.Of(cluster(0, member("one", counted(1, 100))), nil, "b"); one.Gets != 100 {
		t.Errorf("one group: %v Gets, want 100", one.Gets)
	}
}

func TestRatesBetweenTwoMoments(t *testing.T) {
	before := cluster(1000, member("one", counted(10, 100)), member("restarts", counted(10, 1000)), member("falls silent", counted(10, 100)))
	now := cluster(3000, member("one", counted(12, 200)), member("restarts", counted(1, 50)), member("falls silent", nil), member("comes", counted(1, 500)))
	members, all := summary.Of(now, before, "")
	if members[0].Gets != 100 || members[0].Loads != 10 || members[0].Seconds != 2 {
		t.Errorf("%+v; want 200 Gets in two seconds", members[0])
	}
	for i, name := range map[int]string{1: "restarts", 2: "falls silent", 3: "comes"} {
		if members[i].Gets != 0 || members[i].P50 != 0 || members[i].HitRatio != -1 {
			t.Errorf("%s: %+v; want no rate yet", name, members[i])
		}
	}
	if members[2].State != "silent" || all.Gets != 100 || all.Entries != 24 {
		t.Errorf("%+v, all %+v", members[2], all)
	}
}
