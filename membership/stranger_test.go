package membership_test

import (
	"io"
	"log"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/memberlist"

	"github.com/p2pcache/p2pcache/membership"
)

func TestMembersOfAnotherKeyOrLabelStayApart(t *testing.T) {
	t.Parallel()
	key, other := []byte("0123456789abcdef"), []byte("fedcba9876543210")
	for name, change := range map[string]func(a, b *membership.Config){
		"another key":       func(a, b *membership.Config) { a.Key, b.Key = key, other },
		"no key":            func(a, b *membership.Config) { a.Key = key },
		"a key beside none": func(a, b *membership.Config) { b.Key = key },
		"another label":     func(a, b *membership.Config) { b.Label = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfgA, logA := logged(config("a"))
			cfgB := config("b")
			change(&cfgA, &cfgB)
			a, b := start(t, cfgA), start(t, cfgB)
			if err := b.Join(deadline(t), a.Self().GossipAddr); err == nil {
				t.Error("Join succeeded")
			}
			eventually(t, "a counts and logs a stranger", func() bool {
				return a.Stats().Strangers > 0 && logA.has(`"level":"warn"`, "stranger refused", `"gossip":"127.0.0.1"`)
			})
			if has(a, "b") || has(b, "a") {
				t.Error("they merged")
			}
		})
	}
}

func TestMembersOfOneKeyAgree(t *testing.T) {
	t.Parallel()
	cfg := config("a")
	cfg.Key = []byte("0123456789abcdef0123456789abcdef")
	a := start(t, cfg)
	cfg.Name = "b"
	b := start(t, cfg)
	join(t, b, a)
	agree(t, a, b)
}

// forger announces itself with any metadata.
type forger struct{ meta []byte }

func (f forger) NodeMeta(int) []byte             { return f.meta }
func (forger) NotifyMsg([]byte)                  {}
func (forger) GetBroadcasts(int, int) [][]byte   { return nil }
func (forger) LocalState(bool) []byte            { return nil }
func (forger) MergeRemoteState(_ []byte, _ bool) {}

// forge joins c by plain memberlist.
func forge(t *testing.T, c *membership.Cluster, change func(*memberlist.Config)) {
	t.Helper()
	cfg := memberlist.DefaultLocalConfig()
	cfg.Name, cfg.Label = "forged", membership.DefaultLabel
	cfg.BindAddr, cfg.BindPort = "127.0.0.1", 0
	cfg.Logger = log.New(io.Discard, "", 0)
	cfg.EnableCompression = false
	change(cfg)
	list, err := memberlist.Create(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = list.Shutdown() })
	if _, err := list.Join([]string{c.Self().GossipAddr}); err != nil {
		t.Fatal(err)
	}
}

func TestForgedMembersAreRefusedCountedAndLogged(t *testing.T) {
	t.Parallel()
	good := membership.Member{HTTPAddr: "127.0.0.1:80", Weight: 1, Boot: 7}
	meta := func(change func(*membership.Member)) forger {
		m := good
		change(&m)
		b, err := membership.EncodeMeta(m)
		if err != nil {
			t.Fatal(err)
		}
		return forger{b}
	}
	for name, change := range map[string]func(*memberlist.Config){
		"no metadata": func(c *memberlist.Config) {},
		"garbage":     func(c *memberlist.Config) { c.Delegate = forger{[]byte("\xff\xff\xff")} },
		"HTTP on another host": func(c *memberlist.Config) {
			c.Delegate = meta(func(m *membership.Member) { m.HTTPAddr = "10.0.0.1:80" })
		},
		"HTTP on a name": func(c *memberlist.Config) { c.Delegate = meta(func(m *membership.Member) { m.HTTPAddr = "victim:80" }) },
		"weight 0":       func(c *memberlist.Config) { c.Delegate = meta(func(m *membership.Member) { m.Weight = 0 }) },
		"weight 101":     func(c *memberlist.Config) { c.Delegate = meta(func(m *membership.Member) { m.Weight = 101 }) },
		"control characters": func(c *memberlist.Config) {
			c.Name, c.Delegate = "forged\x1b", forger{meta(func(*membership.Member) {}).meta}
		},
		"a name too long": func(c *memberlist.Config) {
			c.Name, c.Delegate = "forged"+strings.Repeat("x", 250), meta(func(*membership.Member) {})
		},
		"another protocol":      func(c *memberlist.Config) { c.ProtocolVersion, c.Delegate = 5, meta(func(*membership.Member) {}) },
		"an address of no host": func(c *memberlist.Config) { c.AdvertiseAddr, c.Delegate = "0.0.0.0", meta(func(*membership.Member) {}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, log := logged(config("a"))
			a, b := start(t, cfg), start(t, config("b"))
			join(t, b, a)
			forge(t, a, change)
			eventually(t, "a counts and logs it", func() bool {
				return a.Stats().Refused > 0 && log.has("member refused", "forged")
			})
			agree(t, a, b)
			c := start(t, config("c"))
			join(t, c, a)
			agree(t, a, b, c)
		})
	}
}

func TestAMemberOfALaterVersionIsAccepted(t *testing.T) {
	t.Parallel()
	meta, err := membership.EncodeMeta(membership.Member{HTTPAddr: "127.0.0.1:80", Weight: 1, Boot: 7})
	if err != nil {
		t.Fatal(err)
	}
	a := start(t, config("a"))
	forge(t, a, func(c *memberlist.Config) { c.Delegate = forger{append(meta, "\x7a\x05later"...)} }) // field 15
	eventually(t, "a sees it", func() bool { return has(a, "forged") })
}

func TestForeignHTTPAddressesAreAcceptedWhereAllowed(t *testing.T) {
	t.Parallel()
	cfg := config("a")
	cfg.AllowForeignHTTP = true
	a := start(t, cfg)
	cfg.Name, cfg.HTTPAddr = "b", "cache.example.com:80"
	b := start(t, cfg)
	join(t, b, a)
	agree(t, a, b)
}

func TestPacketsThatNoMemberSendsAreDropped(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	conn, err := net.Dial("udp", all[0].Self().GossipAddr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, packet := range [][]byte{
		make([]byte, membership.MaxPacket+1), {}, {0}, {244}, {244, 8}, []byte("\xf4\x08p2pcache"),
		[]byte("\xf4\x08p2pcache\x07\xff"), []byte("\xf4\x08p2pcache\x09\xff\xff"), []byte("\xf4\x08p2pcache\x04garbage"),
	} {
		if _, err := conn.Write(packet); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "a counts them", func() bool { return all[0].Stats().Dropped > 0 && all[0].Stats().Strangers > 0 })
	agree(t, all...)
}

func TestStreamsBeyondTheLimitAreClosed(t *testing.T) {
	t.Parallel()
	all := startJoined(t, "a", "b")
	var open []net.Conn
	defer func() {
		for _, conn := range open {
			_ = conn.Close()
		}
	}()
	for range membership.MaxIncoming + 20 {
		conn, err := net.Dial("tcp", all[0].Self().GossipAddr)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	eventually(t, "a drops streams", func() bool { return all[0].Stats().Dropped > 0 })
	for _, conn := range open {
		_ = conn.Close()
	}
	c := start(t, config("c"))
	eventually(t, "c joins once the streams are closed", func() bool {
		return c.Join(deadline(t), all[0].Self().GossipAddr) == nil
	})
	agree(t, slices.Concat(all, []*membership.Cluster{c})...)
}

func TestMembersAreLimited(t *testing.T) {
	t.Parallel()
	cfg, log := logged(config("a"))
	cfg.MaxMembers, cfg.MaxMetaBytes = 3, 60
	a, b, c := start(t, cfg), start(t, config("b")), start(t, config("c"))
	join(t, b, a)
	join(t, c, a)
	agree(t, a, b, c)
	join(t, start(t, config("d")), b)
	eventually(t, "a refuses the fourth member", func() bool { return log.has("member refused", "too many members") })
	closeCluster(t, c)
	eventually(t, "a sees c go", func() bool { return !has(a, "c") })
	long := config("e")
	long.Zone = strings.Repeat("z", 60)
	join(t, start(t, long), b)
	eventually(t, "a refuses long metadata", func() bool { return log.has("member refused", "the limit is 60") })
}
