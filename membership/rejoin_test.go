package membership_test

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/p2pcache/p2pcache/membership"
)

func TestASeedThatIsNotThereYetIsJoinedWhenItAppears(t *testing.T) {
	t.Parallel()
	addr := freeAddr()
	a := start(t, config("a"))
	if err := a.Join(deadline(t), addr); err == nil || !strings.Contains(err.Error(), addr) {
		t.Fatalf("Join of nobody: %v, want an error that names %s", err, addr)
	}
	cfg := config("b")
	cfg.Bind = addr
	b := start(t, cfg)
	agree(t, a, b)
}

func TestMembersFindALostOneThatCameBackAndKnowsNobody(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	cfg := config("d")
	d := start(t, cfg)
	join(t, d, all[1])
	agree(t, append(all, d)...)

	// d was nobody's seed, and does not know one itself when it starts again.
	cfg.Bind = d.Self().GossipAddr
	closeCluster(t, d)
	agree(t, all...)
	again := start(t, cfg)
	agree(t, append(all, again)...)
}

func TestTwoClustersMergeThroughALostMember(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b", "c")
	cfg := config("c")
	cfg.Bind = all[2].Self().GossipAddr
	closeCluster(t, all[2])
	agree(t, all[:2]...)

	c, d := start(t, cfg), start(t, config("d"))
	join(t, d, c)
	agree(t, all[0], all[1], c, d)
}

func TestJoinTriesAllSeedsAndAddresses(t *testing.T) {
	t.Parallel()
	atLocalhost := membership.Config{Name: "b", HTTPAddr: "127.0.0.1:9999", Bind: "127.0.0.1:0"}
	a, b, c := start(t, config("a")), start(t, atLocalhost), start(t, config("c"))
	_, port, err := net.SplitHostPort(b.Self().GossipAddr)
	if err != nil {
		t.Fatal(err)
	}
	// The name may have an IPv6 address too, where nobody is.
	if err := a.Join(deadline(t), freeAddr(), "localhost:"+port, c.Self().GossipAddr); err != nil {
		t.Fatal(err)
	}
	agree(t, a, b, c)
}

func TestJoinRemembersNothingThatItCannotParse(t *testing.T) {
	t.Parallel()
	a, b := start(t, config("a")), start(t, config("b"))
	err := a.Join(deadline(t), b.Self().GossipAddr, "127.0.0.1:none")
	if err == nil || !strings.Contains(err.Error(), `"127.0.0.1:none"`) {
		t.Errorf("Join: %v, want an error that names the bad seed", err)
	}
	if len(a.Snapshot().Members) != 1 {
		t.Error("a joined a seed beside the bad one")
	}
}

func TestJoinOfNobodyOrOneselfDoesNothing(t *testing.T) {
	t.Parallel()
	a := start(t, config("a"))
	if err := a.Join(deadline(t)); err != nil {
		t.Errorf("Join without seeds: %v", err)
	}
	if err := a.Join(deadline(t), a.Self().GossipAddr); err != nil {
		t.Errorf("Join of itself: %v", err)
	}
}

func TestJoinReturnsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	a := start(t, config("a"))
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	if err := a.Join(ctx, silent.Addr().String()); err == nil || ctx.Err() == nil {
		t.Errorf("Join: %v, want an error when the context ends", err)
	}
}

func TestSeedSyntax(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"127.0.0.1:80":            "127.0.0.1:80",
		"127.0.0.1":               "127.0.0.1:7946",
		"[::1]:80":                "[::1]:80",
		"::1":                     "[::1]:7946",
		"::ffff:127.0.0.1":        "127.0.0.1:7946",
		"Cache.Example.com:80":    "cache.example.com:80",
		"cache":                   "cache:7946",
		"_gossip._tcp.example.":   "_gossip._tcp.example.:7946",
		"":                        "",
		":80":                     "",
		"cache:":                  "",
		"cache:0":                 "",
		"cache:65536":             "",
		"cache:-1":                "",
		"cache:80:80":             "",
		"ca che":                  "",
		"name/127.0.0.1:80":       "",
		"http://cache:80":         "",
		"0.0.0.0:80":              "",
		"224.0.0.1:80":            "",
		"fe80::1%eth0":            "",
		"a\x00b:80":               "",
		strings.Repeat("a", 254):  "",
		"[127.0.0.1":              "",
		"[cache.example.com]:443": "cache.example.com:443",
	} {
		got, err := membership.ParseSeed(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("seed %q is %q, %v; want %q", text, got, err, want)
		}
	}
}

func FuzzSeed(f *testing.F) {
	f.Add("cache.example.com:7946")
	f.Add("[::1]:1")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := membership.ParseSeed(text)
		if err != nil {
			return
		}
		if again, err := membership.ParseSeed(s); again != s || err != nil {
			t.Errorf("seed %q is %q, which is %q, %v", text, s, again, err)
		}
	})
}

func TestLostMembersAreForgottenInTheEnd(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	lost := membership.NewLost()
	a, b := lostMember(1), lostMember(2)
	lost.Died(a, now)
	lost.Died(b, now.Add(time.Hour))
	if got := lost.Some(5, now.Add(membership.LostTime)); len(got) != 2 {
		t.Errorf("lost are %v, want both", got)
	}
	if got := lost.Some(1, now.Add(membership.LostTime)); len(got) != 1 {
		t.Errorf("some of the lost are %v, want 1", got)
	}
	got := lost.Some(5, now.Add(membership.LostTime+1))
	if len(got) != 1 || got[0].String() != b.GossipAddr {
		t.Errorf("lost are %v, want %s alone", got, b.GossipAddr)
	}
	lost.Joined(b, now)
	if got := lost.Some(5, now); len(got) != 0 {
		t.Errorf("lost are %v, want none once the last is back", got)
	}
}

func TestMembersThatLeftAreNotLost(t *testing.T) {
	t.Parallel()
	lost := membership.NewLost()
	lost.Left(lostMember(1), time.Now())
	if got := lost.Some(5, time.Now()); len(got) != 0 {
		t.Errorf("lost are %v, want none", got)
	}
}

func TestOnlySoManyLostMembersAreRemembered(t *testing.T) {
	t.Parallel()
	now := time.Unix(1e9, 0)
	lost := membership.NewLost()
	for i := range membership.MaxLost + 10 {
		lost.Died(lostMember(i), now.Add(time.Duration(i)*time.Second))
	}
	got := lost.Some(2*membership.MaxLost, now)
	if len(got) != membership.MaxLost {
		t.Errorf("%d lost are remembered, want %d", len(got), membership.MaxLost)
	}
	for _, addr := range got {
		if addr.Port() <= 10 {
			t.Errorf("%v is remembered, want the oldest forgotten", addr)
		}
	}
}

func lostMember(i int) membership.Member {
	addr := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), uint16(i+1))
	return membership.Member{Name: fmt.Sprint("m", i), GossipAddr: addr.String()}
}
