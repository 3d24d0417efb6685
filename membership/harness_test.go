package membership_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/p2pcache/p2pcache/membership"
)

// patience is far longer than anything here takes, were it on a machine that is busy.
const patience = 2 * time.Minute

// config is that of a member on a port that start finds for it.
func config(name string) membership.Config {
	ip := loopback()
	return membership.Config{Name: name, HTTPAddr: ip + ":9999", Bind: ip + ":0"}
}

// steady is config for a member that nobody takes for dead, or not soon, were it on a machine that is busy.
func steady(name string) membership.Config {
	cfg := config(name)
	cfg.Profile.SuspicionMult = 100
	return cfg
}

// lastPort is the last port that freeAddr gave away, counted from firstPort.
var lastPort atomic.Int32

const firstPort = 10_000 // to 32767, those that systems do not pick themselves

// freeAddr returns an address that nobody listens on, and that is given away once. So members that start again find the port free
// that they had, as does who is to be there later.
func freeAddr() string { return fmt.Sprint(loopback(), ":", firstPort+lastPort.Add(1)%22_000) }

// loopback returns an IP that is this process's own where there are many.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(1 + pid>>16), byte(pid >> 8), byte(pid)}).String()
}

// start starts a member and closes it when the test ends.
func start(t testing.TB, cfg membership.Config) *membership.Cluster {
	t.Helper()
	if cfg.Bind == loopback()+":0" {
		cfg.Bind = freeAddr()
	}
	c, err := membership.Start(cfg)
	if err != nil {
		t.Fatalf("start %s: %v", cfg.Name, err)
	}
	t.Cleanup(func() { closeCluster(t, c) })
	return c
}

// startJoined starts members of the given names, joined through the first.
func startJoined(t testing.TB, names ...string) []*membership.Cluster {
	t.Helper()
	return startJoinedAs(t, config, names...)
}

func startJoinedAs(t testing.TB, config func(name string) membership.Config, names ...string) []*membership.Cluster {
	t.Helper()
	var all []*membership.Cluster
	for _, name := range names {
		c := start(t, config(name))
		if all = append(all, c); len(all) > 1 {
			join(t, c, all[0])
		}
	}
	agree(t, all...)
	return all
}

func join(t testing.TB, c, seed *membership.Cluster) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s joins %s", c.Self().Name, seed.Self().Name), func() bool {
		err := c.Join(deadline(t), seed.Self().GossipAddr)
		if err != nil {
			t.Logf("%s joins %s: %v", c.Self().Name, seed.Self().Name, err) // one that is busy may take too long
		}
		return err == nil
	})
}

func closeCluster(t testing.TB, c *membership.Cluster) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Errorf("close %s: %v", c.Self().Name, err)
	}
}

func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually polls until cond holds.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(patience)
	for !cond() {
		select {
		case <-ticker.C:
		case <-timeout:
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// agree waits until the members each see exactly all of them.
func agree(t testing.TB, all ...*membership.Cluster) {
	t.Helper()
	var want []membership.Member
	for _, c := range all {
		want = append(want, c.Self())
	}
	slices.SortFunc(want, func(a, b membership.Member) int { return strings.Compare(a.Name, b.Name) })
	for _, c := range all {
		eventually(t, fmt.Sprintf("%s sees exactly %v", c.Self().Name, want), func() bool {
			return slices.Equal(c.Snapshot().Members, want)
		})
	}
}

// member returns the member of that name in c's snapshot.
func member(c *membership.Cluster, name string) (membership.Member, bool) {
	members := c.Snapshot().Members
	i := slices.IndexFunc(members, func(m membership.Member) bool { return m.Name == name })
	if i < 0 {
		return membership.Member{}, false
	}
	return members[i], true
}

func has(c *membership.Cluster, name string) bool {
	_, ok := member(c, name)
	return ok
}

// logBuffer collects a log.
type logBuffer struct {
	mu   sync.Mutex // guards text
	text strings.Builder
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) lines() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Split(b.text.String(), "\n")
}

// has tells whether a line contains all words.
func (b *logBuffer) has(words ...string) bool {
	return slices.ContainsFunc(b.lines(), func(line string) bool {
		return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(line, w) })
	})
}

func logged(cfg membership.Config) (membership.Config, *logBuffer) {
	b := new(logBuffer)
	cfg.Logger = zerolog.New(b)
	return cfg, b
}

// descriptors counts the open descriptors of the process.
func descriptors(t testing.TB) int {
	t.Helper()
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(open)
}
