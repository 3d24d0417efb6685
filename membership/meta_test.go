package membership_test

import (
	"bytes"
	"encoding/hex"
	"flag"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/p2pcache/p2pcache/membership"
)

var update = flag.Bool("update", false, "write the golden files")

// pinned is the member whose metadata is in the golden file.
var pinned = membership.Member{
	Name:       "cache-1",
	HTTPAddr:   "10.0.0.1:9999",
	GossipAddr: "10.0.0.1:7946",
	Zone:       "eu-west-1a",
	Weight:     3,
	Boot:       0x0102030405060708,
	Draining:   true,
}

func TestMetadataOnTheWire(t *testing.T) {
	meta, err := membership.EncodeMeta(pinned)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "meta.golden")
	if *update {
		if err := os.WriteFile(file, []byte(hex.Dump(meta)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := hex.Dump(meta); got != string(want) {
		t.Errorf("metadata is\n%swant, for members of the last version to read,\n%s", got, want)
	}
}

func TestMetadataComesBackAsItWent(t *testing.T) {
	meta, err := membership.EncodeMeta(pinned)
	if err != nil {
		t.Fatal(err)
	}
	for form, ip := range map[string]net.IP{"IPv4": {10, 0, 0, 1}, "IPv4 in IPv6": net.ParseIP("10.0.0.1").To16()} {
		got, err := membership.DecodeMember(pinned.Name, ip, 7946, meta, false)
		if err != nil || got != pinned {
			t.Errorf("%s: got %+v, %v; want %+v", form, got, err, pinned)
		}
	}
}

func TestMetadataOfALaterVersionIsRead(t *testing.T) {
	meta, err := membership.EncodeMeta(pinned)
	if err != nil {
		t.Fatal(err)
	}
	later := append(bytes.Replace(meta, []byte{0x08, 1}, []byte{0x08, 9}, 1), "\x7a\x03new"...) // version 9, field 15
	got, err := membership.DecodeMember(pinned.Name, net.IP{10, 0, 0, 1}, 7946, later, false)
	if err != nil || got != pinned {
		t.Errorf("got %+v, %v; want %+v", got, err, pinned)
	}
}

func TestAMappedHTTPAddressIsTheGossipAddress(t *testing.T) {
	m := pinned
	m.HTTPAddr = "[::ffff:10.0.0.1]:9999"
	meta, err := membership.EncodeMeta(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := membership.DecodeMember(m.Name, net.IP{10, 0, 0, 1}, 7946, meta, false); err != nil {
		t.Error(err)
	}
}

func TestWhatOthersSayIsChecked(t *testing.T) {
	type said struct {
		name    string
		ip      []byte
		port    uint16
		member  membership.Member
		extra   int // bytes of an unknown field
		foreign bool
	}
	for name, change := range map[string]func(*said){
		"no name":             func(s *said) { s.name = "" },
		"name too long":       func(s *said) { s.name = strings.Repeat("n", membership.MaxNameBytes+1) },
		"name not UTF-8":      func(s *said) { s.name = "\xff" },
		"line break in name":  func(s *said) { s.name = "a\nb" },
		"no address":          func(s *said) { s.ip = nil },
		"5 byte address":      func(s *said) { s.ip = make([]byte, 5) },
		"every address":       func(s *said) { s.ip = make([]byte, 4) },
		"many hosts":          func(s *said) { s.ip = []byte{224, 0, 0, 1} },
		"no port":             func(s *said) { s.port = 0 },
		"weight 0":            func(s *said) { s.member.Weight = 0 },
		"weight too large":    func(s *said) { s.member.Weight = membership.MaxWeight + 1 },
		"zone too long":       func(s *said) { s.member.Zone = strings.Repeat("z", membership.MaxZoneBytes+1) },
		"no HTTP address":     func(s *said) { s.member.HTTPAddr = "" },
		"foreign HTTP":        func(s *said) { s.member.HTTPAddr = "10.0.0.2:80" },
		"HTTP on a name":      func(s *said) { s.member.HTTPAddr = "a:80" },
		"HTTP with a path":    func(s *said) { s.member.HTTPAddr, s.foreign = "a/b:80", true },
		"HTTP port 65536":     func(s *said) { s.member.HTTPAddr = "10.0.0.1:65536" },
		"HTTP on an IP zone":  func(s *said) { s.member.HTTPAddr, s.foreign = "[fe80::1%lo]:80", true },
		"over 512 bytes":      func(s *said) { s.extra = 512 },
		"nothing of the kind": func(s *said) { s.member = membership.Member{} },
	} {
		s := said{name: pinned.Name, ip: []byte{10, 0, 0, 1}, port: 7946, member: pinned}
		change(&s)
		meta, err := membership.EncodeMeta(s.member)
		if err != nil {
			t.Fatal(err)
		}
		if s.extra > 0 {
			meta = append(append(meta, 0x7a, 0x80, 0x04), make([]byte, s.extra)...)
		}
		if m, err := membership.DecodeMember(s.name, s.ip, s.port, meta, s.foreign); err == nil {
			t.Errorf("%s: accepted as %+v", name, m)
		}
	}
}

func FuzzDecodeMember(f *testing.F) {
	meta, err := membership.EncodeMeta(pinned)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("cache-1", []byte{10, 0, 0, 1}, uint16(7946), meta, false)
	f.Add("cache-1", make([]byte, 16), uint16(1), []byte{0x08, 1}, true)
	f.Fuzz(func(t *testing.T, name string, ip []byte, port uint16, meta []byte, foreign bool) {
		m, err := membership.DecodeMember(name, ip, port, meta, foreign)
		if err != nil {
			return
		}
		if m.Name != name || !utf8.ValidString(m.Name+m.Zone+m.HTTPAddr) || m.Weight < 1 || m.Weight > membership.MaxWeight {
			t.Errorf("accepted %+v", m)
		}
		host, _, err := net.SplitHostPort(m.HTTPAddr)
		if err != nil || !foreign && !net.ParseIP(host).Equal(net.IP(ip)) {
			t.Errorf("accepted HTTP address %q of a member at %v", m.HTTPAddr, net.IP(ip))
		}
		again, err := membership.EncodeMeta(m)
		if err != nil {
			t.Fatalf("accepted what cannot be encoded: %v", err)
		}
		if back, err := membership.DecodeMember(name, ip, port, again, foreign); err != nil || back != m {
			t.Errorf("%+v comes back as %+v, %v", m, back, err)
		}
	})
}

func BenchmarkDecodeMember(b *testing.B) {
	meta, err := membership.EncodeMeta(pinned)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := membership.DecodeMember(pinned.Name, []byte{10, 0, 0, 1}, 7946, meta, false); err != nil {
			b.Fatal(err)
		}
	}
}
