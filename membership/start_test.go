package membership_test

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/p2pcache/p2pcache/membership"
)

func TestStartRefusesBadConfiguration(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for name, test := range map[string]struct {
		change func(*membership.Config)
		says   string
	}{
		"no name":                  {func(c *membership.Config) { c.Name = "" }, "name is empty"},
		"NUL in the name":          {func(c *membership.Config) { c.Name = "a\x00b" }, "control characters"},
		"invalid UTF-8 name":       {func(c *membership.Config) { c.Name = "a\xff" }, "UTF-8"},
		"name too long":            {func(c *membership.Config) { c.Name = long }, "limit is 255"},
		"zone too long":            {func(c *membership.Config) { c.Zone = long }, "limit is 64"},
		"NUL in the zone":          {func(c *membership.Config) { c.Zone = "\x00" }, "control characters"},
		"weight too large":         {func(c *membership.Config) { c.Weight = 101 }, "1 to 100"},
		"negative weight":          {func(c *membership.Config) { c.Weight = -1 }, "1 to 100"},
		"no HTTP address":          {func(c *membership.Config) { c.HTTPAddr = "" }, "host:port"},
		"HTTP address, no port":    {func(c *membership.Config) { c.HTTPAddr = "127.0.0.1" }, "host:port"},
		"HTTP address, port 0":     {func(c *membership.Config) { c.HTTPAddr = "127.0.0.1:0" }, "1 to 65535"},
		"HTTP on another IP":       {func(c *membership.Config) { c.HTTPAddr = "127.0.0.2:80" }, "allow foreign HTTP"},
		"HTTP on a name":           {func(c *membership.Config) { c.HTTPAddr = "localhost:80" }, "allow foreign HTTP"},
		"foreign, NUL in the host": {func(c *membership.Config) { c.HTTPAddr, c.AllowForeignHTTP = "a\x00:80", true }, "DNS name"},
		"foreign, host too long":   {func(c *membership.Config) { c.HTTPAddr, c.AllowForeignHTTP = long+":80", true }, "DNS name"},
		"foreign, no host":         {func(c *membership.Config) { c.HTTPAddr, c.AllowForeignHTTP = ":80", true }, "DNS name"},
		"foreign, every IP":        {func(c *membership.Config) { c.HTTPAddr, c.AllowForeignHTTP = "0.0.0.0:80", true }, "one host"},
		"no bind":                  {func(c *membership.Config) { c.Bind = "" }, "127.0.0.1:7946"},
		"bind to a name":           {func(c *membership.Config) { c.Bind = "localhost:7946" }, "127.0.0.1:7946"},
		"bind without a port":      {func(c *membership.Config) { c.Bind = "127.0.0.1" }, "IP literal and a port"},
		"bind to every interface":  {func(c *membership.Config) { c.Bind = "0.0.0.0:0" }, "advertise is required"},
		"advertise a name":         {func(c *membership.Config) { c.Advertise = "localhost" }, "IP literal without a port"},
		"advertise with a port":    {func(c *membership.Config) { c.Advertise = "127.0.0.1:80" }, "IP literal without a port"},
		"advertise every IP":       {func(c *membership.Config) { c.Advertise = "::" }, "one host"},
		"label too long":           {func(c *membership.Config) { c.Label = long }, "limit is 255"},
		"negative max members":     {func(c *membership.Config) { c.MaxMembers = -1 }, "max members is -1"},
		"too many max members":     {func(c *membership.Config) { c.MaxMembers = 1 << 20 }, "max members is"},
		"too much max metadata":    {func(c *membership.Config) { c.MaxMetaBytes = 513 }, "max metadata is 513"},
		"profile of no sense":      {func(c *membership.Config) { c.Profile.ProbeTimeout = time.Second }, "probe-timeout"},
		"key of 8 bytes":           {func(c *membership.Config) { c.Key = make([]byte, 8) }, "16, 24 or 32"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config("a")
			test.change(&cfg)
			c, err := membership.Start(cfg)
			if err == nil {
				closeCluster(t, c)
				t.Fatal("Start took it")
			}
			if !strings.HasPrefix(err.Error(), "membership: ") || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error is %q, want it to say %q", err, test.says)
			}
		})
	}
}

func TestStartTakesTheLongestOfEverything(t *testing.T) {
	t.Parallel()
	cfg := config(strings.Repeat("n", membership.MaxNameBytes))
	cfg.Zone = strings.Repeat("z", membership.MaxZoneBytes)
	cfg.HTTPAddr, cfg.AllowForeignHTTP = strings.Repeat("h", 253)+":65535", true
	cfg.Weight = membership.MaxWeight
	cfg.Label = strings.Repeat("l", 255)
	cfg.Key = make([]byte, 32)
	a := start(t, cfg)
	cfg.Name = cfg.Name[1:]
	b := start(t, cfg)
	join(t, b, a)
	agree(t, a, b)
	if err := a.Drain(deadline(t)); err != nil {
		t.Fatal(err)
	}
	agree(t, a, b)
}

func TestStartOnEveryInterfaceAdvertisesOne(t *testing.T) {
	t.Parallel()
	cfg := config("a")
	cfg.Bind, cfg.Advertise = "0.0.0.0:0", loopback()
	a, b := start(t, cfg), start(t, config("b"))
	join(t, b, a)
	agree(t, a, b)
	if err := a.Join(deadline(t), a.Self().GossipAddr); err != nil {
		t.Errorf("joining oneself: %v, want nothing to happen", err)
	}
}

func TestStartOnIPv6(t *testing.T) {
	t.Parallel()
	cfg := config("a")
	cfg.Bind, cfg.HTTPAddr = "[::1]:0", "[::1]:80"
	a, err := membership.Start(cfg)
	if errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EAFNOSUPPORT) {
		t.Skip("no IPv6 here")
	} else if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeCluster(t, a) })
	cfg.Name = "b"
	b := start(t, cfg)
	join(t, b, a)
	agree(t, a, b)
}

func TestStartOnAPortInUseSaysWhich(t *testing.T) {
	for name, listen := range map[string]func(*testing.T) net.Addr{
		"TCP": func(t *testing.T) net.Addr {
			l, err := net.Listen("tcp", loopback()+":0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			return l.Addr()
		},
		"UDP": func(t *testing.T) net.Addr {
			l, err := net.ListenPacket("udp", loopback()+":0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = l.Close() })
			return l.LocalAddr()
		},
	} {
		t.Run(name, func(t *testing.T) {
			addr := listen(t).String()
			ignore := goleak.IgnoreCurrent()
			before := descriptors(t)
			cfg := config("a")
			cfg.Bind = addr
			_, err := membership.Start(cfg)
			if !errors.Is(err, syscall.EADDRINUSE) || !strings.Contains(err.Error(), addr) {
				t.Errorf("error is %v, want one that names %s", err, addr)
			}
			if after := descriptors(t); after != before {
				t.Errorf("%d descriptors are open, %d were before", after, before)
			}
			if err := goleak.Find(ignore); err != nil {
				t.Error(err)
			}
		})
	}
}
