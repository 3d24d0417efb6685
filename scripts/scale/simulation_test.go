package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/p2pcache/p2pcache/hashring"
	"github.com/p2pcache/p2pcache/membership"
	"github.com/p2pcache/p2pcache/membership/simnet"
)

var (
	sizes   = flag.String("sizes", "30", "numbers of members to simulate, with commas")
	profile = flag.String("profile", "lan", "how eager gossip is: lan, wan or local, and changes to it")
	loss    = flag.Float64("loss", 0, "part of the packets that is lost, 0 to 1")
	out     = flag.String("out", "", "file to write the figures to, as JSON")
)

const (
	delay   = 500 * time.Microsecond // of each packet
	repeats = 5                      // joins and kills that are timed
	pass    = 20 * time.Second       // for the news of who joined to be passed on
	idleFor = 20 * time.Second       // in which nothing happens
	churn   = 10 * time.Second       // in which a tenth of the members are replaced
	limit   = 2 * time.Minute        // for members to agree
)

// TestSimulation prints what clusters of the sizes cost and how soon their rings agree.
func TestSimulation(t *testing.T) {
	p, err := membership.ParseProfile(*profile)
	if err != nil {
		t.Fatal(err)
	}
	report := Simulation{Profile: *profile, Loss: *loss, Go: runtime.Version(), Cores: runtime.NumCPU()}
	for text := range strings.SplitSeq(*sizes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 10 {
			t.Fatalf("-sizes: %q is no number of members from 10", text)
		}
		synctest.Test(t, func(t *testing.T) {
			f := simulate(t, n, p)
			t.Logf("%+v", f)
			report.Sizes = append(report.Sizes, f)
		})
	}
	if *out == "" {
		return
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(*out, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// cluster is a simulated one.
type cluster struct {
	t       *testing.T
	profile membership.Profile
	net     *simnet.Network
	members []*member
	next    int // number of the next member
	closing sync.WaitGroup
}

type member struct {
	*membership.Cluster
	digest atomic.Uint64 // of the newest snapshot
}

func simulate(t *testing.T, n int, p membership.Profile) Figures {
	c := &cluster{t: t, profile: p, net: simnet.New(simnet.Config{Delay: delay, Loss: *loss})}
	defer func() {
		for len(c.members) > 0 {
			c.kill(0)
		}
		c.closing.Wait()
	}()
	f := Figures{Members: n}
	f.Form = c.timed(func() { c.form(n) })
	time.Sleep(pass)
	f.Idle = c.cost(func() { time.Sleep(idleFor) })
	for range repeats {
		f.Join = append(f.Join, c.timed(c.join))
		f.Kill = append(f.Kill, c.timed(func() { c.kill(rand.N(len(c.members))) }))
	}
	slices.Sort(f.Join)
	slices.Sort(f.Kill)
	f.Churned = c.cost(func() { c.churn(max(1, n/20)) })
	f.Churn = c.timed(func() {})
	c.checkRings()
	return f
}

// form starts members as a deployment would, ten at a time, each told of three others.
func (c *cluster) form(n int) {
	for range n / 10 {
		var wave sync.WaitGroup
		for range 10 {
			join := c.start()
			wave.Go(join)
		}
		wave.Wait()
	}
}

func (c *cluster) join() { c.start()() }

// start starts a member and returns what makes it join.
func (c *cluster) start() (join func()) {
	ip := netip.AddrFrom4([4]byte{10, byte(c.next >> 16), byte(c.next >> 8), byte(c.next)})
	m := new(member)
	started, err := membership.Start(membership.Config{
		Name: fmt.Sprint("cache-", c.next), HTTPAddr: ip.String() + ":9999", Bind: ip.String() + ":7946",
		Profile: c.profile, Network: c.net.Host(ip),
		OnSnapshot: func(s membership.Snapshot) { m.digest.Store(digest(s.Members)) },
	})
	if err != nil {
		c.t.Fatal(err)
	}
	m.Cluster, c.next = started, c.next+1
	var seeds []string
	for range min(3, len(c.members)) {
		seeds = append(seeds, c.members[rand.N(len(c.members))].Self().GossipAddr)
	}
	c.members = append(c.members, m)
	return func() { _ = m.Join(c.t.Context(), seeds...) } // goes on trying
}

// kill ends a member without a word.
func (c *cluster) kill(i int) {
	m := c.members[i]
	c.members = slices.Delete(c.members, i, i+1)
	c.closing.Go(func() { _ = m.Close() })
}

// churn kills so many members and starts as many others, evenly over its time.
func (c *cluster) churn(n int) {
	for range n {
		time.Sleep(churn / time.Duration(n))
		c.kill(rand.N(len(c.members)))
		c.join()
	}
}

// timed returns how many seconds pass from when f begins until all members agree on who they are.
func (c *cluster) timed(f func()) float64 {
	c.t.Helper()
	began := time.Now()
	f()
	var want []membership.Member
	for _, m := range c.members {
		want = append(want, m.Self())
	}
	for agreed := digest(want); !c.agree(agreed); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > limit {
			c.t.Fatalf("%d members do not agree", len(c.members))
		}
	}
	return time.Since(began).Seconds()
}

func (c *cluster) agree(on uint64) bool {
	return !slices.ContainsFunc(c.members, func(m *member) bool { return m.digest.Load() != on })
}

// cost returns what each member spends while f runs.
func (c *cluster) cost(f func()) Cost {
	traffic, cpu, began := c.net.Traffic(), processorTime(c.t), time.Now()
	f()
	now := c.net.Traffic()
	memberSeconds := time.Since(began).Seconds() * float64(len(c.members))
	return Cost{
		PacketsPerSecond: float64(now.Packets-traffic.Packets) / memberSeconds,
		BytesPerSecond:   float64(now.PacketBytes+now.StreamBytes-traffic.PacketBytes-traffic.StreamBytes) / memberSeconds,
		CPUPercent:       100 * (processorTime(c.t) - cpu).Seconds() / memberSeconds,
	}
}

// processorTime is what the process has used.
func processorTime(t *testing.T) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// digest sums up members, in any order.
func digest(members []membership.Member) uint64 {
	sum := uint64(0)
	for _, m := range members {
		sum += hashring.Hash(m.Name, fmt.Sprint(m.Boot, m.Draining))
	}
	return sum
}

// checkRings fails unless the rings that ten of the members would make are one.
func (c *cluster) checkRings() {
	prints := map[uint64]bool{}
	for range 10 {
		var members []hashring.Member
		for _, m := range c.members[rand.N(len(c.members))].Snapshot().Members {
			members = append(members, hashring.Member{Name: m.Name, Weight: m.Weight})
		}
		prints[hashring.New(members...).Fingerprint()] = true
	}
	if len(prints) != 1 {
		c.t.Errorf("members that agree made %d different rings", len(prints))
	}
}
